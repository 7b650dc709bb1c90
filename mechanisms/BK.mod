TITLE Large-conductance calcium- and voltage-activated potassium current (BK, C current)

: Moczydlowski & Latorre 1983, J. Gen. Physiol. 82:511: skeletal muscle channels, first order, with binding of calcium
: that depends on voltage. The medium afterhyperpolarisation of the CA1 pyramidal cell of Poirazi, Brannon & Mel 2003,
: Neuron 37:977 (ModelDB 20212). The temperature enters as kT alone.

NEURON {
    SUFFIX BK
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
    FARADAY = (faraday) (coulombs)
    R = (k-mole) (joule/degC)
}

PARAMETER {
    gbar = 0.01 (S/cm2) <0, 1e9>
}

STATE { o }

ASSIGNED {
    v (mV)
    celsius (degC)
    cai (mM)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    oinf
    otau (ms)
}

INITIAL {
    rates(v, cai)
    o = oinf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gbar*o
    ik = g*(v - ek)
}

DERIVATIVE gates {
    rates(v, cai)
    o' = (oinf - o)/otau
}

PROCEDURE rates(v (mV), cai (mM)) {
    LOCAL opening, closing
    opening = 0.48 (/ms)*cai/(cai + half(0.18 (mM), 0.84))
    closing = 0.28 (/ms)/(1 + cai/half(0.011 (mM), 1))
    oinf = opening/(opening + closing)
    otau = 1/(opening + closing)
}

: Calcium that half of the sites bind at; part of the voltage counts
FUNCTION half(rest (mM), part) (mM) {
    half = rest*exp(-2*part*(0.001)*FARADAY*v/(R*(celsius + 273.15 (degC))))
}
