TITLE Low-threshold potassium current of ventral cochlear nucleus neurons

: Rothman & Manis 2003, J. Neurophysiol. 89:3097. Rates at 22 degrees, Q10 3. Half of z does not inactivate. Also that
: of the MSO cell of Zhou, Carney & Colburn 2005, J. Neurosci. 25:3046 (ModelDB 53869).

NEURON {
    SUFFIX VCN_klt
    USEION k READ ek WRITE ik
    RANGE gbar, g, ik
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.0167 (S/cm2) <0, 1e9>
}

STATE { w z }

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    winf
    wtau (ms)
    zinf
    ztau (ms)
}

INITIAL {
    rates(v)
    w = winf
    z = zinf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gbar*w*w*w*w*z
    ik = g*(v - ek)
}

DERIVATIVE gates {
    rates(v)
    w' = (winf - w)/wtau
    z' = (zinf - z)/ztau
}

PROCEDURE rates(v (mV)) {
    LOCAL u, q10
    u = v + 60 (mV)
    q10 = 3^((celsius - 22 (degC))/10 (degC))
    winf = 1/(1 + exp(-(v + 48 (mV))/6 (mV)))^0.25
    wtau = (100 (ms)/(6*exp(u/6 (mV)) + 16*exp(-u/45 (mV))) + 1.5 (ms))/q10
    zinf = 0.5 + 0.5/(1 + exp((v + 71 (mV))/10 (mV)))
    ztau = (1000 (ms)/(exp(u/20 (mV)) + exp(-u/8 (mV))) + 50 (ms))/q10
}
