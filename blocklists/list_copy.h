// SPDX-License-Identifier: Apache-2.0
//
// One copy of a list: its rules without the guarded ones, in a compact form until the copy is accepted.
//
// Threads:  one.
// Memory:   a few bytes more than the names themselves.
// Failure:  Result: why the copy cannot be taken at all.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "blocklists/acceptance.h"
#include "blocklists/compile.h"
#include "resolver/base/digest.h"

namespace cenote::blocklists {

class ListCopy {
public:
    /// The text at list.path. `guard` nullptr: no rule is left out.
    static Result<ListCopy> read(const Manifest::List& list, const Guard* guard, const ListLimits& limits);
    /// The last good copy, whose signature was checked when it was taken.
    static Result<ListCopy> read_last_good(const Manifest::List& list, const Guard* guard, const ListLimits& limits);
    /// A copy made of `text`; `from`: its source, for messages.
    static Result<ListCopy> of(const std::string& text, const std::string& from, Format format, const Guard* guard,
                               const ListLimits& limits);

    [[nodiscard]] Format format() const noexcept { return format_; }
    [[nodiscard]] const Sha256Digest& digest() const noexcept { return digest_; }
    /// Time of its signature, in seconds since 1970; 0: none.
    [[nodiscard]] std::int64_t signed_at() const noexcept { return signed_at_; }
    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
    [[nodiscard]] const std::vector<LeftOut>& left_out() const noexcept { return left_out_; }
    /// For a text that is not a file, whose line numbers would mean nothing in messages.
    void forget_lines() noexcept {
        for (LeftOut& entry : left_out_) entry.line = 0;
    }
    /// The share of the address space that its rules sinkhole; walks over all rules if any is about addresses.
    [[nodiscard]] domainset::AddressSpace address_space(domainset::AddressUse use) const;
    /// Fills the fields of the report that are about the copy.
    void report_to(ListReport& report) const;
    void for_each(const std::function<void(const Rule&)>& take) const;

private:
    void keep(const Rule& rule);
    void settle_weights();
    static void for_each_in(const std::vector<std::uint8_t>& rules, const std::function<void(const Rule&)>& take);

    Format format_ = Format::Auto;
    Sha256Digest digest_{};
    std::vector<std::uint8_t> rules_;  // for each rule a byte of flags, then the name in wire form or the prefix
    bool weighs_ = false;              // some rule has a weight other than Usual
    bool has_addresses_ = false;       // some rule is about addresses
    std::int64_t signed_at_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t skipped_ = 0;
    std::uint32_t refused_ = 0;
    std::vector<RefusedLine> refused_lines_;
    std::vector<LeftOut> left_out_;
};

}  // namespace cenote::blocklists
