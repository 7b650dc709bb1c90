TITLE Source of spikes at regular or random intervals

: So many spikes, from start on. An interval is fixed to the part 1 - noise and exponentially distributed to the part
: noise, with the mean kept: noise 1 is a Poisson process from start on. Events that it receives do nothing.

NEURON {
    ARTIFICIAL_CELL SpikeTrain
    RANGE start, interval, number, noise
    RANDOM draw
    THREADSAFE
}

PARAMETER {
    start = 0 (ms) <0, 1e9>
    interval = 10 (ms) <1e-9, 1e9>
    number = 10 <0, 1e9>
    noise = 0 <0, 1>
}

ASSIGNED { sent }

INITIAL {
    sent = 0
    if (number > 0) {
        net_send(start + noise*interval*random_negexp(draw, 1), 1)
    }
}

NET_RECEIVE(weight) {
    if (flag == 1) {
        net_event(t)
        sent = sent + 1
        if (sent < number) {
            net_send((1 - noise)*interval + noise*interval*random_negexp(draw, 1), 1)
        }
    }
}
