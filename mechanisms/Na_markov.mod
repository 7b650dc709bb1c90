TITLE Sodium current of cerebellar Purkinje cells with a resurgent part, as a Markov scheme

: Raman & Bean 2001, Biophys. J. 80:729, with the rates of Khaliq, Gouwens & Raman 2003, J. Neurosci. 23:4899 (ModelDB
: 48332): five closed states C, one open O, one blocked B that reopens on repolarisation, six inactivated I. Measured
: at room temperature; no temperature dependence.

NEURON {
    SUFFIX Na_markov
    USEION na READ ena WRITE ina
    RANGE gbar, g, ina
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.015 (S/cm2) <0, 1e9>
}

STATE { C1 C2 C3 C4 C5 O B I1 I2 I3 I4 I5 I6 }

ASSIGNED {
    v (mV)
    ena (mV)
    ina (mA/cm2)
    g (S/cm2)
}

INITIAL {
    SOLVE gating STEADYSTATE sparse
}

BREAKPOINT {
    SOLVE gating METHOD sparse
    g = gbar*O
    ina = g*(v - ena)
}

KINETIC gating {
    LOCAL on, off, faster, slower
    on = 150 (/ms)*exp(v/20 (mV))
    off = 3 (/ms)*exp(-v/20 (mV))
    : Inactivation binds more tightly the more sensors are out, by as much as it eases their movement.
    faster = (0.75/0.005)^0.25
    slower = (0.005/0.5)^0.25
    ~ C1 <-> C2 (4*on, off)
    ~ C2 <-> C3 (3*on, 2*off)
    ~ C3 <-> C4 (2*on, 3*off)
    ~ C4 <-> C5 (on, 4*off)
    ~ C5 <-> O (150 (/ms), 40 (/ms))
    ~ O <-> B (1.75 (/ms), 0.03 (/ms)*exp(-v/25 (mV)))
    ~ O <-> I6 (0.75 (/ms), 0.005 (/ms))
    ~ I1 <-> I2 (4*on*faster, off*slower)
    ~ I2 <-> I3 (3*on*faster, 2*off*slower)
    ~ I3 <-> I4 (2*on*faster, 3*off*slower)
    ~ I4 <-> I5 (on*faster, 4*off*slower)
    ~ I5 <-> I6 (150 (/ms), 40 (/ms))
    ~ C1 <-> I1 (0.005 (/ms), 0.5 (/ms))
    ~ C2 <-> I2 (0.005 (/ms)*faster, 0.5 (/ms)*slower)
    ~ C3 <-> I3 (0.005 (/ms)*faster^2, 0.5 (/ms)*slower^2)
    ~ C4 <-> I4 (0.005 (/ms)*faster^3, 0.5 (/ms)*slower^3)
    ~ C5 <-> I5 (0.005 (/ms)*faster^4, 0.5 (/ms)*slower^4)
    CONSERVE C1 + C2 + C3 + C4 + C5 + O + B + I1 + I2 + I3 + I4 + I5 + I6 = 1
}
