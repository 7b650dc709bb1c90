TITLE Sodium current of cortical neurons

: Mainen & Sejnowski 1996, Nature 382:363 (ModelDB 2488). Rates at 23 degrees; a Q10 of 2.3 multiplies rates and
: conductance, as there; meant for 37 degrees. Voltages are shifted by shift, -5 mV in the cells of that paper.

NEURON {
    SUFFIX MS96_na
    USEION na READ ena WRITE ina
    RANGE gbar, shift, g, ina
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (pS) = (picosiemens)
    (um) = (micron)
}

PARAMETER {
    gbar = 1000 (pS/um2) <0, 1e9>
    shift = -5 (mV)
}

STATE { m h }

ASSIGNED {
    v (mV)
    celsius (degC)
    ena (mV)
    ina (mA/cm2)
    g (pS/um2)
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
    g = q10()*gbar*m*m*m*h
    ina = (1e-4)*g*(v - ena)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL u, opening, closing
    u = v + shift
    opening = 0.182 (/mV-ms)*linoid(u + 35 (mV), 9 (mV))
    closing = 0.124 (/mV-ms)*linoid(-u - 35 (mV), 9 (mV))
    minf = opening/(opening + closing)
    mtau = 1/(opening + closing)/q10()
    opening = 0.024 (/mV-ms)*linoid(u + 50 (mV), 5 (mV))
    closing = 0.0091 (/mV-ms)*linoid(-u - 75 (mV), 5 (mV))
    hinf = 1/(1 + exp((u + 65 (mV))/6.2 (mV)))
    htau = 1/(opening + closing)/q10()
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}

: The factor of temperature
FUNCTION q10() {
    q10 = 2.3^((celsius - 23 (degC))/10 (degC))
}
