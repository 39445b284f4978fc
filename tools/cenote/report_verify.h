// SPDX-License-Identifier: Apache-2.0
//
// cenote report --verify: whether the data behind a report is what it was. Each check has a sentence of its own:
//
//   figures     the file has the digest that it names (json, and csv by its rows)
//   signature   FILE.minisig is of the file, by the key that --key names
//   days        the rows of each day are those of the file (json) and those that were sealed into the audit trail
//   policies    the trail has the policies that the file names (json)
//   recomputed  the daemon makes the same figures of the same period
//
// Threads: one.   Memory: the report.   Failure: Result where the file is no report or the daemon does not answer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/cenote/report_file.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {

struct ReportCheck {
    std::string name;
    bool good = true;
    std::string sentence;
    std::vector<std::string> details;  // a day each, or a policy; also of a good check, where there is more to say
};

struct VerifyAsks {
    /// The verb `seals`.
    std::function<Result<Json>(Json args)> seals;
    /// The report that the daemon makes of the parameters of a file now.
    std::function<Result<Json>(const Json& parameters)> recompute;
};

[[nodiscard]] Result<std::vector<ReportCheck>> check_report(const ReportFile& file, const VerifyAsks& asks);

/// Of the signature beside a file. `key`: a file of minisign's or the key itself.
[[nodiscard]] Result<ReportCheck> check_signature(const Path& file, const std::string& key);

struct VerifyFlags {
    std::string file;  // empty: nothing is verified
    std::string key;   // empty: the signature is not looked at
    bool json = false;
    Json more = Json::object();  // arguments of the verb `report` beside those of the file
};

/// --verify, --key and --json of the verb `report`.
void add_verify_flags(CLI::App& verb, const std::shared_ptr<VerifyFlags>& flags);

/// Exit 1: the data has changed, and the days are named. Exit 2: the file is no report.
Exit verify_report(Session& session, const VerifyFlags& flags);

}  // namespace cenote::cli
