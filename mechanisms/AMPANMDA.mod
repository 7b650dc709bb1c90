TITLE Glutamatergic synapse: AMPA and NMDA receptors side by side

: Two conductances, each a difference of exponentials that peaks at its own weight for one event: AMPA at
: weight*ampa, NMDA at weight*nmda before the magnesium block. The block is 1/(1 + mg/k0*exp(-gamma*v)): by default that
: of Jahr & Stevens 1990, J. Neurosci. 10:3178 (k0 3.57 mM, gamma 0.062 /mV, 1 mM). No temperature dependence.

NEURON {
    POINT_PROCESS AMPANMDA
    NONSPECIFIC_CURRENT i
    RANGE ampa_rise, ampa_decay, nmda_rise, nmda_decay, ampa, nmda, mg, k0, gamma, e
    RANGE g_ampa, g_nmda, i_ampa, i_nmda
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
    (mM) = (milli/liter)
}

PARAMETER {
    ampa_rise = 0.2 (ms) <1e-9, 1e9>
    ampa_decay = 2 (ms) <1e-9, 1e9>
    nmda_rise = 2 (ms) <1e-9, 1e9>
    nmda_decay = 70 (ms) <1e-9, 1e9>
    ampa = 1 <0, 1e9>
    nmda = 1 <0, 1e9>
    mg = 1 (mM) <0, 1e9>
    k0 = 3.57 (mM) <1e-9, 1e9>
    gamma = 0.062 (/mV)
    e = 0 (mV)
}

STATE {
    ampa_up (uS)
    ampa_down (uS)
    nmda_up (uS)
    nmda_down (uS)
}

ASSIGNED {
    v (mV)
    i (nA)
    i_ampa (nA)
    i_nmda (nA)
    g_ampa (uS)
    g_nmda (uS)
    ampa_scale
    nmda_scale
    ampa_fast (ms)
    nmda_fast (ms)
}

INITIAL {
    ampa_fast = faster(ampa_rise, ampa_decay)
    nmda_fast = faster(nmda_rise, nmda_decay)
    ampa_scale = peak_scale(ampa_fast, ampa_decay)
    nmda_scale = peak_scale(nmda_fast, nmda_decay)
    ampa_up = 0
    ampa_down = 0
    nmda_up = 0
    nmda_down = 0
}

BREAKPOINT {
    SOLVE decay METHOD cnexp
    g_ampa = ampa_down - ampa_up
    g_nmda = (nmda_down - nmda_up)/(1 + mg/k0*exp(-gamma*v))
    i_ampa = g_ampa*(v - e)
    i_nmda = g_nmda*(v - e)
    i = i_ampa + i_nmda
}

DERIVATIVE decay {
    ampa_up' = -ampa_up/ampa_fast
    ampa_down' = -ampa_down/ampa_decay
    nmda_up' = -nmda_up/nmda_fast
    nmda_down' = -nmda_down/nmda_decay
}

: The rise, or a little less than the decay where it is not shorter
FUNCTION faster(rise (ms), decay (ms)) (ms) {
    faster = rise
    if (rise/decay > 0.9999) {
        faster = 0.9999*decay
    }
}

: What makes the difference of two exponentials peak at 1
FUNCTION peak_scale(rise (ms), decay (ms)) {
    LOCAL peak
    peak = (rise*decay)/(decay - rise)*log(decay/rise)
    peak_scale = 1/(exp(-peak/decay) - exp(-peak/rise))
}

NET_RECEIVE(weight (uS)) {
    ampa_up = ampa_up + weight*ampa*ampa_scale
    ampa_down = ampa_down + weight*ampa*ampa_scale
    nmda_up = nmda_up + weight*nmda*nmda_scale
    nmda_down = nmda_down + weight*nmda*nmda_scale
}
