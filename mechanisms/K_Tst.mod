TITLE Fast inactivating potassium current of layer-5 pyramidal cells

: Part of the layer-5 pyramidal cell of Hay et al. 2011, PLoS Comput. Biol. 7:e1002107.
: Kinetics after Korngreen & Sakmann 2000, J. Physiol. 525:621, shifted by 10 mV for the junction potential; measured at
: 21 degrees, used at 34 with a Q10 of 2.3.

NEURON {
    SUFFIX K_Tst
    USEION k READ ek WRITE ik
    RANGE gK_Tstbar, g, ik
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gK_Tstbar = 0.00001 (S/cm2) <0, 1e9>
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
    g = gK_Tstbar*m*m*m*m*h
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
    minf = 1/(1 + exp(-u/19 (mV)))
    mtau = (0.34 (ms) + 0.92 (ms)*exp(-((u + 71 (mV))/59 (mV))^2))/q10
    hinf = 1/(1 + exp((u + 66 (mV))/10 (mV)))
    htau = (8 (ms) + 49 (ms)*exp(-((u + 73 (mV))/23 (mV))^2))/q10
}
