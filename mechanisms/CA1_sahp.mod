TITLE Slow calcium-activated potassium current of CA1 pyramidal cells

: Part of the CA1 pyramidal cell of Poirazi, Brannon & Mel 2003, Neuron 37:977 (ModelDB 20212): the slow
: afterhyperpolarisation. Second order in calcium, third power of the gate, after Destexhe, Contreras, Sejnowski &
: Steriade 1994, J. Neurophysiol. 72:803. Q10 3 from 22 degrees; the time constant is at least 0.5 ms.

NEURON {
    SUFFIX CA1_sahp
    USEION k READ ek WRITE ik
    USEION ca READ cai
    RANGE gbar, g, ik
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
    (mM) = (milli/liter)
}

PARAMETER {
    gbar = 0.0005 (S/cm2) <0, 1e9>
}

STATE { m }

ASSIGNED {
    v (mV)
    celsius (degC)
    cai (mM)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    minf
    mtau (ms)
}

INITIAL {
    rates(cai)
    m = minf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gbar*m*m*m
    ik = g*(v - ek)
}

DERIVATIVE gates {
    rates(cai)
    m' = (minf - m)/mtau
}

PROCEDURE rates(cai (mM)) {
    LOCAL bound
    bound = (cai/0.025 (mM))*(cai/0.025 (mM))
    minf = bound/(1 + bound)
    mtau = 1/(0.03 (/ms)*(1 + bound)*3^((celsius - 22 (degC))/10 (degC)))
    if (mtau < 0.5 (ms)) {
        mtau = 0.5 (ms)
    }
}
