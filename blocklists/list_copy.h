// SPDX-License-Identifier: Apache-2.0
//
// One copy of a list, read, judged by the guard and kept small until it is known whether it will be taken.
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
    /// What is at list.path. `guard` nullptr: nothing is left out.
    static Result<ListCopy> read(const Manifest::List& list, const Guard* guard, const ListLimits& limits);
    /// The last good copy, whose signature was checked when it was taken.
    static Result<ListCopy> read_last_good(const Manifest::List& list, const Guard* guard, const ListLimits& limits);
    /// Of a text; `from` is where a message says that it is from.
    static Result<ListCopy> of(const std::string& text, const std::string& from, Format format, const Guard* guard,
                               const ListLimits& limits);

    [[nodiscard]] Format format() const noexcept { return format_; }
    [[nodiscard]] const Sha256Digest& digest() const noexcept { return digest_; }
    /// Of its signature, in seconds of Unix; 0: none.
    [[nodiscard]] std::int64_t signed_at() const noexcept { return signed_at_; }
    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
    [[nodiscard]] const std::vector<LeftOut>& left_out() const noexcept { return left_out_; }
    /// Of a text that was put together here, whose lines mean nothing to a reader of messages.
    void forget_lines() noexcept {
        for (LeftOut& entry : left_out_) entry.line = 0;
    }
    /// How much of the address space its rules close; a walk over all rules where it has any such rule.
    [[nodiscard]] domainset::AddressSpace address_space(domainset::AddressUse use) const;
    /// Fills what the report says of a copy.
    void report_to(ListReport& report) const;
    void for_each(const std::function<void(const Rule&)>& take) const;

private:
    void keep(const Rule& rule);
    void settle_weights();
    static void for_each_in(const std::vector<std::uint8_t>& rules, const std::function<void(const Rule&)>& take);

    Format format_ = Format::Auto;
    Sha256Digest digest_{};
    std::vector<std::uint8_t> rules_;  // a byte that says what, then the name in wire form or a prefix, again and again
    bool weighs_ = false;              // some rule is more than a usual one
    bool has_addresses_ = false;       // some rule is of addresses
    std::int64_t signed_at_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t skipped_ = 0;
    std::uint32_t refused_ = 0;
    std::vector<RefusedLine> refused_lines_;
    std::vector<LeftOut> left_out_;
};

}  // namespace cenote::blocklists
