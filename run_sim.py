"""The door: ``python run_sim.py`` shows what blocking a site and seizing it look like."""

from simulator.cli import main

raise SystemExit(main())
