// SPDX-License-Identifier: Apache-2.0
//
// A report as its parts read it: members that may be absent, and its values as words of one language. Private to
// document.
//
// Threads: one.   Memory: refers to the report, which must live longer.   Failure: a member that is absent is null.
#pragma once

#include <map>
#include <string>

#include "resolver/document/document.h"
#include "resolver/document/members.h"
#include "resolver/document/words.h"

namespace cenote::document {

class Reading : public Words {
public:
    /// Checks that every part is there (shape.h).
    static Result<Reading> of(const Json& report, Language language);

    [[nodiscard]] const Json& report() const noexcept { return *report_; }
    /// The name of a service by its id; the id where the report has no such service.
    [[nodiscard]] std::string service(const std::string& id) const;

private:
    Reading(const Json& report, Language language, policy::LocalTimes times);

    const Json* report_;
    std::map<std::string, std::string> services_;  // id -> name
};

}  // namespace cenote::document
