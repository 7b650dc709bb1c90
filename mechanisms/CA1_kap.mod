TITLE A-type potassium current of CA1 pyramidal cells, proximal

: Part of the CA1 pyramidal cell of Poirazi, Brannon & Mel 2003, Neuron 37:977 (ModelDB 20212). Soma and within 100 um
: of it. After Hoffman, Magee, Colbert & Johnston 1997, Nature 387:869; gates as in Migliore, Hoffman, Magee & Johnston
: 1999, J. Comput. Neurosci. 7:5. Activation has a Q10 of 5 from 24 degrees and at least 0.1 ms; inactivation is a line
: of voltage, at least 2 ms, without one.

NEURON {
    SUFFIX CA1_kap
    USEION k READ ek WRITE ik
    RANGE gbar, g, ik
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
    FARADAY = (faraday) (coulombs)
    R = (k-mole) (joule/degC)
}

PARAMETER {
    gbar = 0.0075 (S/cm2) <0, 1e9>
}

STATE { n l }

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    ninf
    ntau (ms)
    linf
    ltau (ms)
}

INITIAL {
    rates(v)
    n = ninf
    l = linf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gbar*n*l
    ik = g*(v - ek)
}

DERIVATIVE gates {
    rates(v)
    n' = (ninf - n)/ntau
    l' = (linf - l)/ltau
}

PROCEDURE rates(v (mV)) {
    LOCAL kt, z
    kt = R*(celsius + 273.15 (degC))/FARADAY
    z = -(1.5 + 1/(1 + exp((v + 40 (mV))/5 (mV))))*(0.001)*(v - 11 (mV))/kt
    ninf = 1/(1 + exp(z))
    ntau = exp(0.55*z)/(1 + exp(z))/0.05 (/ms)/5^((celsius - 24 (degC))/10 (degC))
    if (ntau < 0.1 (ms)) {
        ntau = 0.1 (ms)
    }
    linf = 1/(1 + exp(3*(0.001)*(v + 56 (mV))/kt))
    ltau = 0.26 (ms/mV)*(v + 50 (mV))
    if (ltau < 2 (ms)) {
        ltau = 2 (ms)
    }
}
