// SPDX-License-Identifier: Apache-2.0
//
// Texts as cenote.toml: there are settings or mistakes, never both and never neither.

#include <cstdint>
#include <string_view>

#include "resolver/base/check.h"
#include "resolver/config/sections.h"
#include "resolver/policy/policy.h"
#include "tests/fuzz/input.h"

namespace {

cenote::fuzz::Goal accepted("settings are put in force");
cenote::fuzz::Goal refused("a text has a mistake");

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cenote;
    const config::HostInfo host_info{.host_name = "dns1", .resolv_conf = "/nonexistent"};
    Diagnostics diagnostics;
    const auto settings = config::load_text(fuzz::Input(data, size).text(), "cenote.toml", host_info, diagnostics);
    CENOTE_CHECK(settings.has_value() != diagnostics.has_errors());
    for (const auto& one : diagnostics.all()) CENOTE_CHECK(!one.to_string().empty());
    if (!settings) {
        refused.reach();
        return 0;
    }
    // What was read is either refused by policy, with a reason, or can be put in force.
    Diagnostics meaning;
    policy::Policy::check(*settings->policy, nullptr, meaning);
    if (meaning.has_errors()) return 0;
    accepted.reach();
    CENOTE_CHECK(policy::Policy::build(settings->policy, nullptr, 1, WallTime{}).ok());
    return 0;
}
