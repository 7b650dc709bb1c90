TITLE Calcium in a shell below the membrane with a buffer and a membrane pump

: Ca + B <-> CaB in a shell of given depth, and Ca + P <-> CaP <-> P + Ca outside in the membrane. Buffer after Yamada,
: Koch & Adams 1989, in Koch & Segev (eds), Methods in Neuronal Modeling, MIT Press (bullfrog sympathetic ganglion
: cell); pump after Carnevale & Hines 2006, The NEURON Book, Cambridge University Press, chapter 9. The pump exchanges
: charge for charge and so carries no current. Everything starts at rest, and a constant leak balances the pump there.
: No temperature dependence.

NEURON {
    SUFFIX CaBuffer
    USEION ca READ ica, cai, cao WRITE cai
    RANGE depth, rest, buffer_total, buffer_on, buffer_off, pump_total, bind, release, expel, rebind
    THREADSAFE
}

UNITS {
    (mol) = (1)
    (mA) = (milliamp)
    (mM) = (milli/liter)
    (um) = (micron)
    FARADAY = (faraday) (coulombs)
}

PARAMETER {
    depth = 0.1 (um) <1e-9, 1e9>
    rest = 5e-05 (mM) <0, 1e9>
    buffer_total = 0.003 (mM) <0, 1e9>
    buffer_on = 100 (/mM-ms) <1e-12, 1e9>
    buffer_off = 0.1 (/ms) <1e-12, 1e9>
    pump_total = 1e-11 (mol/cm2) <0, 1e9>
    bind = 1 (/mM-ms) <0, 1e9>
    release = 0.005 (/ms) <1e-12, 1e9>
    expel = 1 (/ms) <0, 1e9>
    rebind = 0.005 (/mM-ms) <0, 1e9>
}

ASSIGNED {
    ica (mA/cm2)
    cao (mM)
    leak (mM-um/ms)
}

STATE {
    cai (mM)
    free (mM)
    bound (mM)
    pump (mol/cm2)
    loaded (mol/cm2)
}

INITIAL {
    cai = rest
    bound = buffer_total*rest/(rest + buffer_off/buffer_on)
    free = buffer_total - bound
    loaded = pump_total*(bind*rest + rebind*cao)/(bind*rest + rebind*cao + release + expel)
    pump = pump_total - loaded
    leak = (1e10)*(bind*rest*pump - release*loaded)
}

BREAKPOINT {
    SOLVE scheme METHOD sparse
}

: Amounts per membrane area, mM-um: a concentration counts with the depth of the shell, a density in mol/cm2 with 1e10.
KINETIC scheme {
    COMPARTMENT depth { cai free bound }
    COMPARTMENT (1e10) { pump loaded }
    ~ cai + free <-> bound (depth*buffer_on, depth*buffer_off)
    ~ cai + pump <-> loaded ((1e10)*bind, (1e10)*release)
    ~ loaded <-> pump ((1e10)*expel, (1e10)*rebind*cao)
    ~ cai << (leak - (1e4)*ica/(2*FARADAY))
    CONSERVE free + bound = depth*buffer_total
    CONSERVE pump + loaded = (1e10)*pump_total
}
