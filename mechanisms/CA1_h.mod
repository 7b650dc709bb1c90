TITLE Hyperpolarisation-activated cation current of CA1 pyramidal cells

: Part of the CA1 pyramidal cell of Poirazi, Brannon & Mel 2003, Neuron 37:977 (ModelDB 20212); after Magee 1998, J.
: Neurosci. 18:7613. The soma of that cell has vhalf -82 and slope 8.8; dendrites the defaults, with a density that
: grows ninefold along the trunk. At 34 degrees; no temperature dependence.

NEURON {
    SUFFIX CA1_h
    NONSPECIFIC_CURRENT ih
    RANGE gbar, eh, vhalf, slope, g, ih
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 1.872e-5 (S/cm2) <0, 1e9>
    eh = -10 (mV)
    vhalf = -90 (mV)
    slope = 8.5 (mV) <1e-9, 1e9>
}

STATE { n }

ASSIGNED {
    v (mV)
    ih (mA/cm2)
    g (S/cm2)
    ninf
    ntau (ms)
}

INITIAL {
    rates(v)
    n = ninf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gbar*n
    ih = g*(v - eh)
}

DERIVATIVE gates {
    rates(v)
    n' = (ninf - n)/ntau
}

PROCEDURE rates(v (mV)) {
    ninf = 1/(1 + exp((v - vhalf)/slope))
    if (v > -30 (mV)) {
        ntau = 1 (ms)
    } else {
        ntau = 10 (ms) + 2 (ms)/(exp(-(v + 145 (mV))/17.5 (mV)) + exp((v + 16.8 (mV))/16.5 (mV)))
    }
}
