// SPDX-License-Identifier: Apache-2.0
//
// Compiles catalogue and lists into one set; acceptance.h decides which entries and copies are taken.
//
// Threads:  control plane; one at a time for one `out`.
// Memory:   about 110 bytes for each entry of all lists, the text of one list at a time, and the set.
// Failure:  a list that fails is an error in `diagnostics` and in its report, and the others are compiled. An Error,
// and
//           nothing is published, when the catalogue is wrong or the set cannot be written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "blocklists/manifest.h"
#include "resolver/base/diagnostics.h"
#include "resolver/base/result.h"
#include "resolver/domainset/domain_set.h"

namespace cenote::blocklists {

/// An entry that was left out because it covers a guarded name or address.
struct LeftOut {
    std::string name;
    std::string why;
    std::uint32_t line = 0;  // 0: unknown
};

struct ListReport {
    std::string id;
    Format format = Format::Auto;  // as detected
    Path path;                     // the list or its last good copy, whichever was read; empty: neither
    std::string error;             // why the list itself was not taken; empty: it was
    std::int64_t signed_at = 0;    // time of the signature of the text that was read, in seconds since 1970; 0: none
    std::uint32_t entries = 0;     // rules that were taken, duplicates and exceptions included
    std::uint32_t skipped = 0;     // lines that are understood and have no effect
    std::uint32_t refused = 0;     // lines not understood
    std::vector<RefusedLine> refused_lines;  // the first refused lines
    std::vector<LeftOut> left_out;
};

struct CompileReport {
    std::uint32_t services = 0;
    std::uint32_t service_domains = 0;
    std::vector<LeftOut> services_left_out;
    std::string services_text;  // names of the catalogue, as a domains list: the next manifest's `services_last_good`
    std::vector<ListReport> lists;
    domainset::SetInfo info;
};

struct Compiled {
    std::vector<std::uint8_t> bytes;
    CompileReport report;
};

/// Without publishing: for a dry run, and for sets of other nodes.
Result<Compiled> compile_in_memory(const Manifest& manifest, Diagnostics& diagnostics);

/// Compiles and publishes at `out`; the set before is kept as domainset::previous_path(out).
Result<CompileReport> compile(const Manifest& manifest, const Path& out, Diagnostics& diagnostics);

}  // namespace cenote::blocklists
