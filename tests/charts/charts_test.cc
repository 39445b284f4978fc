// SPDX-License-Identifier: Apache-2.0
#include "resolver/charts/charts.h"

#include <gtest/gtest.h>
