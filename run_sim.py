"""The door: ``python run_sim.py`` shows what blocking a site and seizing it look like."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "Takedown Lab needs Python 3.11 or newer; this is Python %d.%d. / "
        "Takedown Lab demande Python 3.11 ou plus récent ; voici Python %d.%d."
        % (sys.version_info[:2] * 2)
    )

if __name__ == "__main__":  # the matrix starts processes that import this file
    try:
        from simulator.cli import main

        status = main()
    except KeyboardInterrupt:  # before the program could take care of it, or after
        status = 130
    raise SystemExit(status)
