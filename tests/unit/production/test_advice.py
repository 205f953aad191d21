from gateway.production.model import SetupMatrix
from gateway.production.tables.advice import detours


def test_a_change_over_longer_than_its_detour_is_told():
    matrix = SetupMatrix(
        work_centre="mill",
        minutes={("a", "c"): 60, ("a", "b"): 10, ("b", "c"): 15, ("c", "a"): 5},
    )
    assert detours(matrix, shortest_run_min=20) == (
        "mill: a to c takes 60 min, by way of b only 45",
    )
    assert detours(matrix, shortest_run_min=35) == ()
