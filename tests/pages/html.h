// SPDX-License-Identifier: Apache-2.0
//
// Whether a page is well-formed HTML as these pages are written: every element closed, attributes in quotation marks,
// ids given once, and no script or style within the page.
#pragma once

#include <string>
#include <string_view>

namespace cenote::pages::testing {

/// The first fault; empty: there is none.
[[nodiscard]] std::string faults_of(std::string_view html);

}  // namespace cenote::pages::testing
