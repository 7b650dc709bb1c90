TITLE What the pointers of a mechanism lead to that it writes through

NEURON {
    SUFFIX compare_target
    RANGE target
}

ASSIGNED { target[8] }

INITIAL {
    FROM k = 0 TO 7 {
        target[k] = 0.5 + k
    }
}
