// SPDX-License-Identifier: Apache-2.0
#include "resolver/document/document.h"

#include <gtest/gtest.h>

#include "tests/document/report_fixture.h"

namespace cenote::document {
namespace {
TEST(Document, X) { EXPECT_TRUE(text(plausible_report(), Language::English).ok()); }
}  // namespace
}  // namespace cenote::document
