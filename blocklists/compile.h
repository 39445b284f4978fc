// SPDX-License-Identifier: Apache-2.0
//
// Catalogue and lists, compiled into one set. What is taken of them acceptance.h decides.
//
// Threads:  control plane; one at a time for one `out`.
// Memory:   about 110 bytes for each entry of all lists, the text of one list at a time, and the set.
// Failure:  a list that fails is an error in `diagnostics` and in its report, and the others land. Nothing is
//           published when the catalogue is wrong or the set cannot be written: the Result says so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "blocklists/manifest.h"
#include "resolver/base/diagnostics.h"
#include "resolver/base/result.h"
#include "resolver/domainset/domain_set.h"

namespace cenote::blocklists {

/// A name the guard left out.
struct LeftOut {
    std::string name;
    std::string why;
    std::uint32_t line = 0;  // 0: unknown
};

struct ListReport {
    std::string id;
    Format format = Format::Auto;            // as detected
    Path path;                               // what was read: the list, or its last good copy; empty: neither could be
    std::string error;                       // why the list itself was not taken, empty when it was
    std::int64_t signed_at = 0;              // of the signature of what was read now, in seconds of Unix; 0: none
    std::uint32_t entries = 0;               // rules taken, duplicates and exceptions included
    std::uint32_t skipped = 0;               // lines understood that block nothing
    std::uint32_t refused = 0;               // lines not understood
    std::vector<RefusedLine> refused_lines;  // the first of them
    std::vector<LeftOut> left_out;
};

struct CompileReport {
    std::uint32_t services = 0;
    std::uint32_t service_domains = 0;
    std::vector<LeftOut> services_left_out;
    std::string services_text;  // all its names, as a domains list: the next manifest's `services_last_good`
    std::vector<ListReport> lists;
    domainset::SetInfo info;
};

struct Compiled {
    std::vector<std::uint8_t> bytes;
    CompileReport report;
};

/// Without publishing: for a dry run, and for sets that are not the node's.
Result<Compiled> compile_in_memory(const Manifest& manifest, Diagnostics& diagnostics);

/// And published at `out`, with the set that was there kept as domainset::previous_path(out).
Result<CompileReport> compile(const Manifest& manifest, const Path& out, Diagnostics& diagnostics);

}  // namespace cenote::blocklists
