TITLE Sodium current of CA1 pyramidal cells, soma and axon

: Part of the CA1 pyramidal cell of Poirazi, Brannon & Mel 2003, Neuron 37:977 (ModelDB 20212). Soma and axon:
: threshold near -57 mV. Slow inactivation s, after Migliore 1996, Biophys. J. 71:2394, makes trains of spikes
: attenuate: ar2 is what it leaves at depolarised voltages, 1 for none, down to 0.3 in the distal trunk. Gates at 34
: degrees; the temperature enters the rate of s as kT alone.

NEURON {
    SUFFIX CA1_na
    USEION na READ ena WRITE ina
    RANGE gbar, ar2, g, ina
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
    gbar = 0.007 (S/cm2) <0, 1e9>
    ar2 = 1 <0, 1>
}

STATE { m h s }

ASSIGNED {
    v (mV)
    celsius (degC)
    ena (mV)
    ina (mA/cm2)
    g (S/cm2)
    minf
    mtau (ms)
    hinf
    htau (ms)
    sinf
    stau (ms)
}

INITIAL {
    rates(v)
    m = minf
    h = hinf
    s = sinf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gbar*m*m*h*s
    ina = g*(v - ena)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
    s' = (sinf - s)/stau
}

PROCEDURE rates(v (mV)) {
    LOCAL z
    minf = 1/(1 + exp(-(v + 44 (mV))/3 (mV)))
    mtau = 0.05 (ms)
    hinf = 1/(1 + exp((v + 49 (mV))/3.5 (mV)))
    htau = 1 (ms)
    sinf = 1 - (1 - ar2)/(1 + exp(-(v + 60 (mV))/2 (mV)))
    z = 12*(0.001)*FARADAY*(v + 60 (mV))/(R*(celsius + 273.15 (degC)))
    stau = exp(0.2*z)/(1 + exp(z))/0.0003 (/ms)
    if (stau < 3 (ms)) {
        stau = 3 (ms)
    }
}
