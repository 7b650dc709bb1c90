TITLE Potassium part of the leak

: Ohm's law with the reversal potential of the ion, so that the leak counts in the ion's current and follows its
: concentrations. A leak without ions is pas.

NEURON {
    SUFFIX leak_k
    USEION k READ ek WRITE ik
    RANGE g, ik
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    g = 1e-05 (S/cm2) <0, 1e9>
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
}

BREAKPOINT {
    ik = g*(v - ek)
}
