// SPDX-License-Identifier: Apache-2.0
//
// Names that are queried often, most popular first: changes of lists are sorted and limited by them.
//
// Threads:  built once, then read by any thread. Control plane.
// Memory:   about 200 bytes for each name.
// Failure:  Result of load(); lines that are no names are skipped.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "blocklists/manifest.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/wire/name.h"

namespace cenote::blocklists {

class ListCopy;

class Popular {
public:
    /// One name for each line; in "1,example.com" the last field is the name.
    static Result<Popular> load(const Path& file);
    static Popular of(std::vector<wire::Name> names);
    /// From the manifest's file, or else from its names.
    static Result<Popular> of(const Manifest& manifest);

    [[nodiscard]] bool empty() const noexcept { return names_.empty(); }
    [[nodiscard]] const std::vector<wire::Name>& names() const noexcept { return names_; }
    /// 1 for the most popular; nullopt: it is not among them.
    [[nodiscard]] std::optional<std::uint32_t> rank_of(const wire::Name& name) const;
    /// Whether one of them is this name or below it.
    [[nodiscard]] bool is_or_covers(const wire::Name& name) const;
    /// By rank, which of them a copy sinkholes.
    [[nodiscard]] std::vector<bool> sinkholed_by(const ListCopy& copy) const;

private:
    static constexpr std::size_t kNamesMax = 1'000'000;
    std::vector<wire::Name> names_;
    std::unordered_map<std::string, std::uint32_t> ranks_;     // by wire form
    std::unordered_map<std::string, std::uint32_t> suffixes_;  // suffix of any popular name, to an index
};

}  // namespace cenote::blocklists
