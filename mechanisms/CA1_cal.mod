TITLE L-type calcium current of CA1 pyramidal cells, soma

: Part of the CA1 pyramidal cell of Poirazi, Brannon & Mel 2003, Neuron 37:977 (ModelDB 20212). Soma and proximal
: dendrites. Conductance times the driving force of a constant field, less where calcium inside comes near 1 uM. The
: temperature enters as kT alone.

NEURON {
    SUFFIX CA1_cal
    USEION ca READ cai, cao WRITE ica
    RANGE gbar, ica
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (mM) = (milli/liter)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.007 (S/cm2) <0, 1e9>
}

STATE { m }

ASSIGNED {
    v (mV)
    celsius (degC)
    cai (mM)
    cao (mM)
    ica (mA/cm2)
    minf
    mtau (ms)
}

INITIAL {
    rates(v)
    m = minf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    ica = gbar*m*0.001 (mM)/(0.001 (mM) + cai)*drive(v, cai, cao)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
}

PROCEDURE rates(v (mV)) {
    LOCAL opening, closing
    opening = 0.055 (/mV-ms)*linoid(v + 27.01 (mV), 3.8 (mV))
    closing = 0.94 (/ms)*exp(-(v + 63.01 (mV))/17 (mV))
    minf = opening/(opening + closing)
    mtau = 0.2/(opening + closing)
}

: Current per conductance in a constant field; the thermal voltage is 25 mV at 20 degrees
FUNCTION drive(v (mV), inside (mM), outside (mM)) (mV) {
    LOCAL half
    half = 12.5 (mV)*(celsius + 273.15 (degC))/293.15 (degC)
    drive = half*(inside/outside*ratio(-v/half) - ratio(v/half))
}

: x/(exp(x) - 1), by its series where that is 0/0
FUNCTION ratio(x) {
    if (fabs(x) < 1e-4) {
        ratio = 1 - x/2
    } else {
        ratio = x/(exp(x) - 1)
    }
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
