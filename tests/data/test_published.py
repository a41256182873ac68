import pytest

from mien.data.published import BP4D_PARTS, DISFA_PARTS, TESTED_PART

# As ME-GraphAU lists them, in its order; mien's lists follow JAA-Net's.
BP4D = (
    "F001 M007 F018 F008 F002 M004 F010 F009 M012 M001 F016 M014 F023 M008",
    "M011 F003 M010 M002 F005 F022 M018 M017 F013 M016 F020 F011 M013 M005",
    "F007 F015 F006 F019 M006 M009 F012 M003 F004 F021 F017 M015 F014",
)
DISFA = (
    "SN002 SN010 SN001 SN026 SN027 SN032 SN030 SN009 SN016",
    "SN013 SN018 SN011 SN028 SN012 SN006 SN031 SN021 SN024",
    "SN003 SN029 SN023 SN025 SN008 SN005 SN007 SN017 SN004",
)


@pytest.mark.parametrize(
    ("ours", "theirs", "size"), [(BP4D_PARTS, BP4D, 41), (DISFA_PARTS, DISFA, 27)]
)
def test_both_sources_have_the_same_parts(ours, theirs, size):
    assert [set(part) for part in ours] == [set(part.split()) for part in theirs]
    assert len({name for part in ours for name in part}) == size


def test_each_part_is_tested_once():
    assert TESTED_PART == {1: 3, 2: 2, 3: 1}
