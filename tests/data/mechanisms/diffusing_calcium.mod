TITLE Calcium that diffuses between three shells and along the cable, and a marker that only moves along it

NEURON {
    SUFFIX diffusing_calcium
    USEION ca READ ica WRITE cai
    RANGE D, exchange
}

DEFINE SHELLS 3

UNITS {
    (molar) = (1/liter)
    (mM) = (millimolar)
    (um) = (micron)
    FARADAY = (faraday) (10000 coulomb)
    PI = (pi) (1)
}

PARAMETER {
    D = 0.6 (um2/ms)
    exchange = 0.5 (um/ms)
}

ASSIGNED {
    diam (um)
    ica (mA/cm2)
    cai (mM)
}

STATE {
    ca[SHELLS] (mM)
    marker (mM)
}

INITIAL {
    FROM i = 0 TO SHELLS - 1 {
        ca[i] = cai
    }
    marker = cai
}

BREAKPOINT {
    SOLVE shells METHOD sparse
}

KINETIC shells {
    COMPARTMENT i, diam * diam * (i + 1) { ca }
    COMPARTMENT diam * (1 (um)) { marker }
    LONGITUDINAL_DIFFUSION i, D * diam * diam * (i + 1) { ca }
    LONGITUDINAL_DIFFUSION D * diam * (1 (um)) { marker }
    ~ ca[0] << (-ica * PI * diam / (2 * FARADAY))
    ~ marker << (-ica * PI * diam / (2 * FARADAY))
    FROM i = 0 TO SHELLS - 2 {
        ~ ca[i] <-> ca[i + 1] (exchange * diam, 2 * exchange * diam)
    }
    cai = ca[0]
}
