"""Inspector: teach a computer what a good part looks like, then have every part judged live."""

import os

__version__ = "0.1.0"

# OpenCV reads these when it is loaded, so they are set before any module of ours can load it. What it would print is
# turned into errors with sentences; with Media Foundation's hardware transforms a USB camera takes minutes to open.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
