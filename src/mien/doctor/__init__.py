"""Whether mien is well on this machine: what is there, what lacks, and the cure; needs no torch."""
