TITLE Persistent sodium current of CA1 pyramidal cells

: Part of the CA1 pyramidal cell of Poirazi, Brannon & Mel 2003, Neuron 37:977 (ModelDB 20212):
: distal oblique dendrites. Activation follows the voltage at once. No temperature dependence.

NEURON {
    SUFFIX CA1_nap
    USEION na READ ena WRITE ina
    RANGE gbar, g, ina
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 2.8e-6 (S/cm2) <0, 1e9>
}

ASSIGNED {
    v (mV)
    ena (mV)
    ina (mA/cm2)
    g (S/cm2)
}

BREAKPOINT {
    LOCAL m
    m = 1/(1 + exp(-(v + 50.4 (mV))/4.5 (mV)))
    g = gbar*m*m*m
    ina = g*(v - ena)
}
