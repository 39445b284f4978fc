// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/pseudonyms.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <sstream>

#include "resolver/base/digest.h"
#include "resolver/base/random.h"

namespace cenote::sinks {
namespace {

constexpr std::size_t kFileMax = 1 << 20;
constexpr unsigned kMode = 0600;
constexpr std::size_t kLetters = 16;
constexpr std::string_view kPrefix = "p-";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::uint8_t kMappedV4 = 96;

Pseudonyms::Key random_key() {
    Pseudonyms::Key key;
    for (std::size_t i = 0; i < key.size(); i += 8) {
        const std::uint64_t word = random_u64();
        for (std::size_t byte = 0; byte < 8; ++byte) key[i + byte] = static_cast<std::uint8_t>(word >> (8 * byte));
    }
    return key;
}

std::optional<Pseudonyms::Key> key_of(std::string_view hex) {
    Pseudonyms::Key key;
    if (hex.size() != 2 * key.size()) return std::nullopt;
    for (std::size_t i = 0; i < key.size(); ++i) {
        const auto read = std::from_chars(&hex[2 * i], &hex[2 * i] + 2, key[i], 16);
        if (read.ec != std::errc() || read.ptr != &hex[2 * i] + 2) return std::nullopt;
    }
    return key;
}

std::string letters_of(ByteView bytes) {
    std::string text;
    std::uint32_t bits = 0;
    int count = 0;
    for (const std::uint8_t byte : bytes) {
        bits = bits << 8 | byte;
        for (count += 8; count >= 5 && text.size() < kLetters; count -= 5) text += kBase32[bits >> (count - 5) & 31];
        bits &= (1U << count) - 1;
        if (text.size() == kLetters) break;
    }
    return text;
}

std::string name_under(const Pseudonyms::Key& key, const IpAddress& client) {
    return std::string(kPrefix) + letters_of(hmac("SHA256", key, client.octets()));
}

/// The address with this number in an IPv4 prefix.
IpAddress v4_address(const Prefix& prefix, std::uint64_t number) {
    std::array<std::uint8_t, 16> octets{};
    std::ranges::copy(prefix.ip().octets(), octets.begin());
    for (std::size_t i = 0; i < 4; ++i) octets[15 - i] |= static_cast<std::uint8_t>(number >> (8 * i));
    return IpAddress::v6(octets);
}

std::int64_t number_of(WallTime time) { return time.time_since_epoch().count(); }

}  // namespace

Result<std::unique_ptr<Pseudonyms>> Pseudonyms::open(Path file, seconds rotate) {
    std::unique_ptr<Pseudonyms> made(new Pseudonyms(std::move(file), rotate));
    const MutexLock lock(made->mutex_);
    std::error_code none;
    if (!std::filesystem::exists(made->file_, none)) return made;
    const auto text = read_file(made->file_, kFileMax);
    if (!text) return text.error();
    std::istringstream lines(*text);
    std::int64_t starts = 0;
    std::int64_t ends = 0;
    std::string hex;
    while (lines >> starts >> ends >> hex) {
        const auto key = key_of(hex);
        if (!key || ends <= starts)
            return Error{fmt::format("{} has a damaged key; move it away", made->file_.string())};
        made->epochs_[WallTime(seconds(starts))] = {WallTime(seconds(ends)), *key};
    }
    if (!lines.eof()) return Error{fmt::format("{} has a damaged line; move it away", made->file_.string())};
    return made;
}

std::string Pseudonyms::name(const IpAddress& client, WallTime at) {
    const MutexLock lock(mutex_);
    auto epoch = epochs_.upper_bound(at);
    if (epoch == epochs_.begin() || std::prev(epoch)->second.ends <= at) {
        const WallTime starts(seconds(number_of(at) / rotate_.count() * rotate_.count()));
        WallTime ends = starts + rotate_;
        if (epoch != epochs_.end()) ends = std::min(ends, epoch->first);
        const auto [made, is_new] = epochs_.try_emplace(starts, Epoch{ends, random_key()});
        if (!is_new) made->second = {ends, random_key()};
        const auto stored = store();
        problem_ = stored ? std::string() : stored.error().text;
        if (!stored) {
            epochs_.erase(made);
            return {};
        }
        epoch = std::next(made);
    }
    return name_under(std::prev(epoch)->second.key, client);
}

std::string Pseudonyms::problem() const {
    const MutexLock lock(mutex_);
    return problem_;
}

std::vector<std::string> Pseudonyms::names(const IpAddress& client) {
    const MutexLock lock(mutex_);
    std::vector<std::string> all;
    for (const auto& [starts, epoch] : epochs_) all.push_back(name_under(epoch.key, client));
    return all;
}

Candidates::Found Pseudonyms::find(std::string_view name, const Candidates& candidates,
                                   const std::atomic<bool>& stopping) {
    std::vector<Key> keys;
    {
        const MutexLock lock(mutex_);
        for (const auto& [starts, epoch] : epochs_) keys.push_back(epoch.key);
    }
    Candidates::Found found;
    found.keys = keys.size();
    const auto is_behind = [&](const IpAddress& client) {
        ++found.tried;
        const bool is = std::ranges::any_of(keys, [&](const Key& key) { return name_under(key, client) == name; });
        if (is) found.client = client;
        return is || stopping.load(std::memory_order_relaxed);
    };
    if (std::ranges::any_of(candidates.addresses, is_behind)) return found;
    for (const Prefix& prefix : candidates.prefixes) {
        if (prefix.mapped_length() < kMappedV4) continue;
        const std::uint64_t size = std::uint64_t{1} << (128 - prefix.mapped_length());
        for (std::uint64_t i = 0; i < size; ++i) {
            found.cut = found.tried >= Candidates::kTriedMax;
            if (found.cut || is_behind(v4_address(prefix, i))) return found;
        }
    }
    return found;
}

bool Pseudonyms::is_name(std::string_view text) noexcept {
    return text.size() == kPrefix.size() + kLetters && text.starts_with(kPrefix) &&
           text.find_first_not_of(kBase32, kPrefix.size()) == std::string_view::npos;
}

Status Pseudonyms::destroy_before(WallTime time) {
    const MutexLock lock(mutex_);
    const std::size_t before = epochs_.size();
    std::erase_if(epochs_, [&](const auto& epoch) { return epoch.second.ends < time; });
    return epochs_.size() == before ? Status(Done{}) : store();
}

void Pseudonyms::set_rotation(seconds rotate) {
    const MutexLock lock(mutex_);
    rotate_ = rotate;
}

Status Pseudonyms::store() const {
    std::string text;
    for (const auto& [starts, epoch] : epochs_)
        text += fmt::format("{} {} {}\n", number_of(starts), number_of(epoch.ends), to_hex(epoch.key));
    return publish_file(file_, bytes_of(text), kMode);
}

}  // namespace cenote::sinks
