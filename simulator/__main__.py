"""``python -m simulator`` is the same program."""

from simulator.cli import main

raise SystemExit(main())
