"""Slots that several scenarios share; each filler reads naturally wherever its slot stands."""

from datagen.scenarios import Slots
from datagen.wording import parts

VOCABULARY: Slots = {
    "goods": parts(
        """
        dishwasher; washing machine; laptop; sofa; tumble dryer; vacuum cleaner; camera; lawnmower;
        printer; mattress; coffee machine; phone; bicycle; television
        """,
        ";",
    ),
    "sum": parts(
        """
        180 euros; 240 pounds; 310 dollars; 350 euros; 420 pounds; 475 euros; 530 dollars;
        640 pounds; 725 euros; 790 dollars; 860 pounds; 930 euros; 1,100 pounds; 1,250 euros
        """,
        ";",
    ),
    "trade": parts(
        """
        plumber; roofer; painter; joiner; tiler; gardener; plasterer; decorator; carpenter;
        locksmith; glazier; builder; window fitter; floor layer
        """,
        ";",
    ),
}
