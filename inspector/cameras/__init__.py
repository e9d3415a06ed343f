"""Frame sources behind one seam: USB and URL through OpenCV, video files, watched folders, simulated parts."""
