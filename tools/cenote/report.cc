// SPDX-License-Identifier: Apache-2.0
//
// report: the risk-assessment report of a time.
#include "tools/cenote/report_verify.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {

void add_report(Verbs& verbs) {
    CLI::App* verb = verbs.add("report", "The risk-assessment report of a time; --verify checks one");
    const auto flags = std::make_shared<VerifyFlags>();
    add_verify_flags(*verb, flags);
    verb->get_option("--verify")->required();
    verbs.on(verb, [flags](Session& session) { return verify_report(session, *flags); });
}

}  // namespace cenote::cli
