TITLE Low-threshold (T-type) calcium current of thalamic relay cells, constant-field form

: Huguenard & McCormick 1992, J. Neurophysiol. 68:1373, in the form of Destexhe, Neubig, Ulrich & Huguenard 1998, J.
: Neurosci. 18:3574 (ModelDB 279). Permeability pbar with the current of Goldman, Hodgkin & Katz; voltages are shifted
: by the screening charge of 2 mM calcium. Rates at 24 degrees; Q10 5 for activation and 3 for inactivation (Coulter,
: Huguenard & Prince 1989, J. Physiol. 414:587).

NEURON {
    SUFFIX CaT_GHK
    USEION ca READ cai, cao WRITE ica
    RANGE pbar, shift, ica
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (mM) = (milli/liter)
    FARADAY = (faraday) (coulombs)
    R = (k-mole) (joule/degC)
}

PARAMETER {
    pbar = 0.0002 (cm/s) <0, 1e9>
    shift = 2 (mV)
}

STATE { m h }

ASSIGNED {
    v (mV)
    celsius (degC)
    cai (mM)
    cao (mM)
    ica (mA/cm2)
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
    ica = pbar*m*m*h*drive(v, cai, cao)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL u
    u = v + shift
    minf = 1/(1 + exp(-(u + 57 (mV))/6.2 (mV)))
    mtau = 0.612 (ms) + 1 (ms)/(exp(-(u + 132 (mV))/16.7 (mV)) + exp((u + 16.8 (mV))/18.2 (mV)))
    mtau = mtau/5^((celsius - 24 (degC))/10 (degC))
    hinf = 1/(1 + exp((u + 81 (mV))/4 (mV)))
    if (u < -80 (mV)) {
        htau = 1 (ms)*exp((u + 467 (mV))/66.6 (mV))
    } else {
        htau = 28 (ms) + 1 (ms)*exp(-(u + 22 (mV))/10.5 (mV))
    }
    htau = htau/3^((celsius - 24 (degC))/10 (degC))
}

: Current per permeability of a divalent ion in a constant field
FUNCTION drive(v (mV), inside (mM), outside (mM)) (0.001 coul/cm3) {
    LOCAL u
    u = (0.001)*2*FARADAY*v/(R*(celsius + 273.15 (degC)))
    drive = (0.001)*2*FARADAY*(inside*ratio(-u) - outside*ratio(u))
}

: x/(exp(x) - 1), by its series where that is 0/0
FUNCTION ratio(x) {
    if (fabs(x) < 1e-4) {
        ratio = 1 - x/2
    } else {
        ratio = x/(exp(x) - 1)
    }
}
