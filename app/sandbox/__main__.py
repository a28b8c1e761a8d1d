"""`python -m app.sandbox`: runs the simulated mail world."""

from app.sandbox.world.process import main

if __name__ == "__main__":
    main()
