TITLE Calcium in a shell below the membrane, removed by a saturating pump

: After Destexhe, Babloyantz & Sejnowski 1993, Biophys. J. 65:1538: a pump of Michaelis-Menten kinetics takes calcium
: out at rate*cai/(cai + half). A constant leak balances it at the resting concentration. The equation is not linear in
: cai and is solved by Newton's method. No temperature dependence.

NEURON {
    SUFFIX CaPump
    USEION ca READ ica, cai WRITE cai
    RANGE depth, rate, half, rest
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mM) = (milli/liter)
    (um) = (micron)
    FARADAY = (faraday) (coulombs)
}

PARAMETER {
    depth = 1 (um) <1e-9, 1e9>
    rate = 1e-4 (mM/ms) <0, 1e9>
    half = 1e-4 (mM) <1e-12, 1e9>
    rest = 1e-4 (mM) <0, 1e9>
}

ASSIGNED { ica (mA/cm2) }

STATE { cai (mM) }

INITIAL {
    cai = rest
}

BREAKPOINT {
    SOLVE shell METHOD derivimplicit
}

DERIVATIVE shell {
    cai' = -(10000)*ica/(2*FARADAY*depth) - removal(cai) + removal(rest)
}

FUNCTION removal(c (mM)) (mM/ms) {
    removal = rate*c/(c + half)
}
