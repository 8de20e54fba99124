# SPDX-License-Identifier: Apache-2.0
"""Looks up with ctypes what the driver has, and checks what comes: the recorder's function where the recorder exports
one by that name, otherwise the driver's.

usage: finder.py EXPORTS LIBMEMVIZ    EXPORTS: a list of names, tools/gpusim/names/libcuda
"""
import ctypes
import os
import sys


class Info(ctypes.Structure):
    _fields_ = [("file", ctypes.c_char_p), ("base", ctypes.c_void_p), ("name", ctypes.c_char_p), ("at", ctypes.c_void_p)]


def address(library, name):
    try:
        return ctypes.cast(getattr(library, name), ctypes.c_void_p).value
    except AttributeError:
        return None


def place(function):
    info = Info()
    assert ctypes.CDLL(None).dladdr(ctypes.c_void_p(function), ctypes.byref(info))
    return os.path.basename(info.file.decode()), info.name.decode()


def main():
    with open(sys.argv[1]) as exports:
        names = [line.split()[0] for line in exports]
    driver, recorder = ctypes.CDLL("libcuda.so.1"), ctypes.CDLL(sys.argv[2])
    wrapped = passed = absent = 0
    for name in names:
        given = address(driver, name)
        if given is None:
            absent += 1
        elif address(recorder, name) is None:
            assert place(given) == ("libcuda.so.1", name), (name, place(given))
            passed += 1
        else:
            assert place(given) == ("libmemviz.so", name), (name, place(given))
            wrapped += 1
    print(f"{wrapped} wrapped, {passed} passed, {absent} absent")
    sys.exit(not wrapped)


main()
