TITLE Calcium in a shell below the membrane, with exponential removal

: After Destexhe, Mainen & Sejnowski 1994, Neural Comput. 6:14, and Destexhe, Babloyantz & Sejnowski 1993, Biophys. J.
: 65:1538. Inward calcium current fills a shell of given depth; an outward one, which only a calcium concentration far
: from physiology would drive, takes nothing out. The pool starts at its resting value. No temperature dependence.

NEURON {
    SUFFIX CaPool
    USEION ca READ ica, cai WRITE cai
    RANGE depth, tau, rest
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mM) = (milli/liter)
    (um) = (micron)
    FARADAY = (faraday) (coulombs)
}

PARAMETER {
    depth = 0.1 (um) <1e-9, 1e9>
    tau = 5 (ms) <1e-9, 1e9>
    rest = 1e-4 (mM) <0, 1e9>
}

ASSIGNED { ica (mA/cm2) }

STATE { cai (mM) }

INITIAL {
    cai = rest
}

BREAKPOINT {
    SOLVE shell METHOD cnexp
}

DERIVATIVE shell {
    cai' = inflow(ica) - (cai - rest)/tau
}

FUNCTION inflow(ica (mA/cm2)) (mM/ms) {
    inflow = -(10000)*ica/(2*FARADAY*depth)
    if (inflow < 0) {
        inflow = 0
    }
}
