// doctest for files that see LibTorch: its logging defines a CHECK of its own,
// which would end the process at the first failure. Include this in place of
// doctest; it sorts behind every header that may bring LibTorch in.
#pragma once

#include <c10/util/Logging.h>
#undef CHECK
#include <doctest/doctest.h>
