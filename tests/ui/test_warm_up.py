import subprocess
import sys


def test_it_loads_what_panes_need_and_no_torch() -> None:
    code = (
        "import sys\nfrom inspector.ui.warm_up import MODULES, import_ahead\n"
        "from inspector.tasks import CancelToken, no_progress\n"
        "import_ahead(no_progress, CancelToken())\n"
        "assert all(name in sys.modules for name in MODULES)\n"
        "print('torch' in sys.modules, 'sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
