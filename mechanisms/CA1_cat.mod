TITLE T-type calcium current of CA1 pyramidal cells

: Part of the CA1 pyramidal cell of Poirazi, Brannon & Mel 2003, Neuron 37:977 (ModelDB 20212); kinetics after
: Migliore, Cook, Jaffe, Turner & Johnston 1995, J. Neurophysiol. 73:1157. Conductance times the driving force of a
: constant field, less where calcium inside comes near 1 uM. In that cell it feeds no calcium pool and so opens no
: potassium channels: the current counts as nonspecific. The temperature enters as kT alone.

NEURON {
    SUFFIX CA1_cat
    USEION ca READ cai, cao
    NONSPECIFIC_CURRENT icat
    RANGE gbar, icat
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (mM) = (milli/liter)
    (S) = (siemens)
}

PARAMETER {
    gbar = 5e-05 (S/cm2) <0, 1e9>
}

STATE { m h }

ASSIGNED {
    v (mV)
    celsius (degC)
    cai (mM)
    cao (mM)
    icat (mA/cm2)
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
    icat = gbar*m*m*h*0.001 (mM)/(0.001 (mM) + cai)*drive(v, cai, cao)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL opening, closing
    opening = 0.1967 (/mV-ms)*linoid(v - 19.88 (mV), 10 (mV))
    closing = 0.046 (/ms)*exp(-v/22.73 (mV))
    minf = opening/(opening + closing)
    mtau = 1/(opening + closing)
    opening = 1.6e-4 (/ms)*exp(-(v + 57 (mV))/19 (mV))
    closing = 1 (/ms)/(exp(-(v - 15 (mV))/10 (mV)) + 1)
    hinf = opening/(opening + closing)
    htau = 1/(0.68*(opening + closing))
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
