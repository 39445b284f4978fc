// SPDX-License-Identifier: Apache-2.0
#include "resolver/cache/shard.h"

#include <algorithm>
#include <limits>

#include "resolver/base/check.h"
#include "resolver/cache/suffix.h"

namespace cenote::cache {
namespace {

constexpr seconds kNoTime{0};
constexpr std::uint32_t kStaleTtl = 30;         // RFC 8767 §4
constexpr std::uint32_t kMovedUnitsMax = 2048;  // units moved to place one entry: bounds the time of store()
constexpr std::size_t kLinesAhead = 3;          // cache lines of an entry: most have no more
constexpr int kSliceEntries = 256;              // erased under one lock

// The parts of a shard's memory. No entry is smaller than 64 bytes, and the index has a slot for each 64 bytes of all
// the memory, so that an eighth of its slots stays empty whatever is stored.
std::span<Index::Slot> index_part(MutableBytes memory) {
    return {reinterpret_cast<Index::Slot*>(memory.data()), memory.size() / 64 & ~std::size_t{1}};
}
static_assert(sizeof(Entry) + wire::kHeaderSize + 1 + 4 > 64 - kUnit);
std::span<Failures::Slot> failures_part(MutableBytes memory) {
    const auto before = index_part(memory).size_bytes();
    const auto sets = std::max<std::size_t>(memory.size() / 128 / (Failures::kWays * sizeof(Failures::Slot)), 1);
    return {reinterpret_cast<Failures::Slot*>(memory.data() + before), sets * Failures::kWays};
}
MutableBytes entries_part(MutableBytes memory) {
    static_assert(Failures::kWays * sizeof(Failures::Slot) % kUnit == 0 && 2 * sizeof(Index::Slot) % kUnit == 0);
    return memory.subspan(index_part(memory).size_bytes() + failures_part(memory).size_bytes());
}
MutableBytes newcomers_part(MutableBytes memory) {
    const auto entries = entries_part(memory);
    return entries.first(entries.size() / 10 / kUnit * kUnit);
}
MutableBytes main_part(MutableBytes memory) { return entries_part(memory).subspan(newcomers_part(memory).size()); }

Ticks expiry(const Entry& entry) noexcept { return entry.stored + seconds{entry.ttl_s}; }

Hit serve(Entry& entry, Ticks now, wire::ReplyBuffer& reply, Links& links) noexcept {
    const auto message = entry.message();
    if (message.size() > reply.space.size()) return {};
    const auto left = expiry(entry) - now;
    const auto age = std::max(std::chrono::floor<seconds>(now - entry.stored), kNoTime);

    Hit hit;
    hit.freshness = left > Ticks::duration::zero() ? Freshness::Fresh : Freshness::Stale;
    hit.negative = (entry.flags & Entry::kNegative) != 0;
    hit.nxdomain = (entry.flags & Entry::kNxdomain) != 0;
    hit.expiring = left * 10 < seconds{entry.ttl_s};
    hit.age_s = static_cast<std::uint32_t>(age.count());

    std::memcpy(reply.space.data(), message.data(), message.size());
    reply.size = message.size();
    if (hit.freshness == Freshness::Fresh)
        wire::age_answer(reply.space.first(reply.size), hit.age_s, 0, wire::kTtlMax);
    else
        wire::age_answer(reply.space.first(reply.size), hit.age_s, kStaleTtl, kStaleTtl);

    links.generation = entry.generation;
    links.count = entry.link_count;
    links.incomplete = (entry.flags & Entry::kLinksIncomplete) != 0;
    links.to_local = (entry.flags & Entry::kLinksToLocal) != 0;
    std::memcpy(links.tags.data(), entry.tags(), entry.tags_size());
    if (entry.uses < Entry::kUsesMax) ++entry.uses;
    return hit;
}

/// Whether the answer replaces an older one (RFC 8767 §4).
bool refreshes(const wire::AnswerInfo& shape) noexcept {
    return !shape.truncated && (shape.rcode == wire::Rcode::NoError || shape.rcode == wire::Rcode::NXDomain);
}

std::uint8_t link_flags(const Links& links) noexcept {
    return static_cast<std::uint8_t>((links.incomplete ? Entry::kLinksIncomplete : 0) |
                                     (links.to_local ? Entry::kLinksToLocal : 0));
}

void write_entry(Entry& entry, std::uint32_t fingerprint, const Key& key, ByteView answer,
                 const wire::AnswerInfo& shape, const Links& links) noexcept {
    const bool nxdomain = shape.rcode == wire::Rcode::NXDomain;
    entry.fingerprint = fingerprint;
    entry.message_size = static_cast<std::uint16_t>(answer.size());
    entry.flags =
        static_cast<std::uint8_t>(Entry::kAlive | key_flags(key) | link_flags(links) |
                                  (shape.negative ? Entry::kNegative : 0) | (nxdomain ? Entry::kNxdomain : 0));
    entry.link_count = static_cast<std::uint8_t>(links.count & 0x3f);
    entry.generation = links.generation;
    std::memcpy(entry.tags(), links.tags.data(), entry.tags_size());
    std::memcpy(entry.message().data(), answer.data(), answer.size());
}

}  // namespace

Shard::Shard(MutableBytes memory, std::size_t entry_bytes_max, const Limits& limits)
    : index_(index_part(memory)),
      failures_(failures_part(memory)),
      entries_(entries_part(memory).data()),
      newcomers_(newcomers_part(memory)),
      main_(main_part(memory)),
      fixed_bytes_(sizeof(Shard) + memory.size() - entries_part(memory).size()),
      entry_bytes_max_(std::min(entry_bytes_max, main_part(memory).size() / 4)),
      limits_(limits) {}

Hit Shard::lookup(std::uint32_t fingerprint, const Key& key, Ticks now, wire::ReplyBuffer& reply,
                  Links& links) noexcept {
    Hit hit;
    if (Entry* entry = find(fingerprint, key)) {
        if (is_over(*entry, now))
            remove(*entry);
        else
            hit = serve(*entry, now, reply, links);
    }
    if (hit.freshness == Freshness::Fresh) {
        ++hits_;
        return hit;
    }
    ++misses_;
    if (const auto* failure = failures_.find(fingerprint, key, now)) {
        hit.failing = true;
        hit.failure_code = failure->code;
        if (hit.freshness == Freshness::None) hit.freshness = Freshness::Failure;
    }
    return hit;
}

void Shard::prefetch_entry(std::uint32_t fingerprint) const noexcept {
    const std::uint32_t location = index_.guess(fingerprint);
    if (location == Index::kNowhere) return;
    const std::uint8_t* entry = entries_ + std::size_t{location} * kUnit;
    for (std::size_t line = 0; line < kLinesAhead; ++line) __builtin_prefetch(entry + line * 64);
}

void Shard::store(std::uint32_t fingerprint, const Key& key, ByteView answer, const wire::AnswerInfo& shape,
                  const Links& links, Ticks now) noexcept {
    failures_.forget(fingerprint, key);
    const auto size = sizeof(Entry) + links.count * sizeof(links.tags[0]) + answer.size();
    const auto ttl_s = clamped_ttl(shape);
    CENOTE_DCHECK(asks(answer, key) && links.count <= Links::kLinksMax);
    if (ttl_s == 0 || size > entry_bytes_max_ || answer.size() > wire::kMessageMax || !asks(answer, key)) {
        ++declined_;
        if (Entry* older = refreshes(shape) ? find(fingerprint, key) : nullptr; older != nullptr)
            older->flags |= Entry::kRefreshed;
        return;
    }
    Entry& entry = place(fingerprint, key, static_cast<std::uint32_t>((size + kUnit - 1) / kUnit), now);
    write_entry(entry, fingerprint, key, answer, shape, links);
    entry.stored = now;
    entry.ttl_s = ttl_s;
    // TTLs are clamped as the answer is stored, and not when it is used, which must not extend them (ghost domain
    // names, CVE-2012-1033). The first reply, which does not come from here, is clamped in Engine::answer_late().
    const auto lowest = std::min(limits_.min_ttl, seconds{ttl_s});
    const auto highest = shape.negative ? seconds{ttl_s} : std::min(limits_.max_ttl, seconds{wire::kTtlMax});
    wire::age_answer(entry.message(), 0, static_cast<std::uint32_t>(lowest.count()),
                     static_cast<std::uint32_t>(highest.count()));
    ++stores_;
}

void Shard::store_failure(std::uint32_t fingerprint, const Key& key, wire::EdeCode code, Ticks now) noexcept {
    failures_.add(fingerprint, key, code, limits_.failure_ttl, now);
}

void Shard::update_links(std::uint32_t fingerprint, const Key& key, const Links& links) noexcept {
    Entry* entry = find(fingerprint, key);
    if (entry == nullptr || entry->link_count != links.count) return;
    entry->generation = links.generation;
    entry->flags = static_cast<std::uint8_t>((entry->flags & ~(Entry::kLinksIncomplete | Entry::kLinksToLocal)) |
                                             link_flags(links));
    std::memcpy(entry->tags(), links.tags.data(), entry->tags_size());
}

// The log of new entries comes first: an entry that leaves it during the walk goes to the head of the main log, which
// comes last.
bool Shard::erase_slice(const wire::Name& name, bool below, Walk& walk) noexcept {
    EntryLog& log = walk.in_main ? main_ : newcomers_;
    walk.position = std::max(walk.position, log.tail());
    for (int i = 0; i < kSliceEntries && walk.position < log.head(); ++i) {
        Entry& entry = log.entry_at(walk.position);
        walk.position += entry.units;
        if (!entry.alive() || !is_covered(entry.message().subspan(wire::kHeaderSize), name, below)) continue;
        remove(entry);
        ++walk.erased;
    }
    if (walk.position < log.head()) return true;
    if (walk.in_main) return false;
    walk.in_main = true;
    walk.position = 0;
    return true;
}

void Shard::add_to(Stats& stats) const noexcept {
    stats.entries += index_.size();
    stats.bytes_used += fixed_bytes_ + live_units_ * kUnit;
    stats.hits += hits_;
    stats.misses += misses_;
    stats.stores += stores_;
    stats.evictions += evictions_;
    stats.declined += declined_;
}

Entry* Shard::find(std::uint32_t fingerprint, const Key& key) noexcept {
    const auto location = index_.find(fingerprint, [&](std::uint32_t place) {
        mutex.assert_held();
        return at(place).holds(key);
    });
    return location == Index::kNowhere ? nullptr : &at(location);
}

// A negative answer without SOA is not cached (RFC 2308 §5), and failures have a table of their own (§7).
std::uint32_t Shard::clamped_ttl(const wire::AnswerInfo& shape) const noexcept {
    if (!refreshes(shape) || (shape.negative && !shape.has_soa)) return 0;
    auto highest = std::min(limits_.max_ttl, seconds{wire::kTtlMax});
    if (shape.negative) highest = std::min(highest, limits_.negative_max_ttl);
    const auto ttl = std::min(std::max(seconds{shape.ttl_s}, limits_.min_ttl), highest);
    return static_cast<std::uint32_t>(std::max(ttl, kNoTime).count());
}

/// A place for the answer to this key: the present one if the size is the same, otherwise that of a new entry.
Entry& Shard::place(std::uint32_t fingerprint, const Key& key, std::uint32_t units, Ticks now) noexcept {
    if (Entry* old = find(fingerprint, key)) {
        if (old->units == units) return *old;
        remove(*old);
    }
    const bool large = units > newcomers_.capacity() / 4;
    std::uint32_t moved = 0;
    if (large)
        free_main(units, moved, now);
    else
        free_newcomers(units, now);
    Entry& entry = large ? main_.append(units) : newcomers_.append(units);
    entry.uses = 0;
    index_.insert(fingerprint, location_of(entry));
    live_units_ += units;
    return entry;
}

void Shard::free_newcomers(std::uint32_t units, Ticks now) noexcept {
    std::uint32_t moved = 0;
    while (!newcomers_.fits(units)) {
        Entry& oldest = newcomers_.tail_entry();
        const bool stays = oldest.alive() && !is_over(oldest, now) && moved + oldest.units <= kMovedUnitsMax &&
                           (oldest.uses > 0 || main_.fits(oldest.units));
        if (!stays) {
            evict_tail(newcomers_);
            continue;
        }
        moved += oldest.units;
        free_main(oldest.units, moved, now);
        Entry& promoted = main_.append(oldest.units);
        std::memcpy(&promoted, &oldest, oldest.units * kUnit);
        promoted.uses = 0;
        index_.relocate(promoted.fingerprint, location_of(oldest), location_of(promoted));
        newcomers_.drop_tail();
    }
}

void Shard::free_main(std::uint32_t units, std::uint32_t& moved, Ticks now) noexcept {
    while (!main_.fits(units)) {
        Entry& oldest = main_.tail_entry();
        const bool stays =
            oldest.alive() && !is_over(oldest, now) && moved + oldest.units <= kMovedUnitsMax && oldest.uses > 0;
        if (!stays) {
            evict_tail(main_);
            continue;
        }
        moved += oldest.units;
        --oldest.uses;
        const auto fingerprint = oldest.fingerprint;
        const auto from = location_of(oldest);
        index_.relocate(fingerprint, from, location_of(main_.recycle_tail()));
    }
}

void Shard::evict_tail(EntryLog& log) noexcept {
    Entry& oldest = log.tail_entry();
    if (oldest.alive()) {
        remove(oldest);
        ++evictions_;
    }
    log.drop_tail();
}

/// The bytes of the entry stay in the log until the tail has passed them.
void Shard::remove(Entry& entry) noexcept {
    index_.erase(entry.fingerprint, location_of(entry));
    live_units_ -= entry.units;
    entry.flags = 0;
}

bool Shard::is_over(const Entry& entry, Ticks now) const noexcept {
    const bool may_be_stale = (entry.flags & Entry::kRefreshed) == 0;
    return now >= expiry(entry) + (may_be_stale ? limits_.stale : kNoTime);
}

Entry& Shard::at(std::uint32_t location) noexcept { return *reinterpret_cast<Entry*>(entries_ + location * kUnit); }

std::uint32_t Shard::location_of(const Entry& entry) const noexcept {
    const auto* start = reinterpret_cast<const std::uint8_t*>(&entry);
    return static_cast<std::uint32_t>(static_cast<std::size_t>(start - entries_) / kUnit);
}

}  // namespace cenote::cache
