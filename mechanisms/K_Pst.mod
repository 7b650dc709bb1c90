TITLE Slowly inactivating potassium current of layer-5 pyramidal cells

: Part of the layer-5 pyramidal cell of Hay et al. 2011, PLoS Comput. Biol. 7:e1002107.
: Kinetics after Korngreen & Sakmann 2000, J. Physiol. 525:621, shifted by 10 mV for the junction potential; measured at
: 21 degrees, used at 34 with a Q10 of 2.3.

NEURON {
    SUFFIX K_Pst
    USEION k READ ek WRITE ik
    RANGE gK_Pstbar, g, ik
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gK_Pstbar = 0.00001 (S/cm2) <0, 1e9>
}

STATE { m h }

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    minf
    mtau (ms)
    hinf
    htau (ms)
}

INITIAL {
    rates(v)
    m = minf
    h = hinf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gK_Pstbar*m*m*h
    ik = g*(v - ek)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL q10, u
    q10 = 2.3^((34 - 21)/10)
    u = v + 10 (mV)
    minf = 1/(1 + exp(-(u + 1 (mV))/12 (mV)))
    if (u < -50 (mV)) {
        mtau = (1.25 (ms) + 175.03 (ms)*exp(0.026 (/mV)*u))/q10
    } else {
        mtau = (1.25 (ms) + 13 (ms)*exp(-0.026 (/mV)*u))/q10
    }
    hinf = 1/(1 + exp((u + 54 (mV))/11 (mV)))
    htau = (360 (ms) + (1010 (ms) + 24 (ms/mV)*(u + 55 (mV)))*exp(-((u + 75 (mV))/48 (mV))^2))/q10
}
