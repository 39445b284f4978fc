// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/nodes.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <tuple>

namespace cenote::domainset {
namespace {

using Item = EntryStore::Item;

/// The hashes of all suffixes of a name, by their number of labels.
class SuffixHashes {
public:
    SuffixHashes(ByteView name, const HashSecrets& secrets) noexcept {
        std::array<std::uint8_t, wire::Name::kLabelsMax + 1> starts;
        std::size_t labels = 0;
        for (std::size_t at = 0; at < name.size(); at += name[at] + std::size_t{1})
            starts[labels++] = static_cast<std::uint8_t>(at);
        std::array<std::uint8_t, wire::Name::kBytesMax + kHashReadsBehind> padded;
        std::memcpy(padded.data(), name.data(), name.size());
        hashes_[0] = secrets.root;
        std::size_t end = name.size();
        for (std::size_t count = 1; count <= labels; ++count) {
            const std::size_t begin = starts[labels - count];
            hashes_[count] = hash_label(hashes_[count - 1], &padded[begin], end - begin, secrets.word);
            begins_[count] = static_cast<std::uint8_t>(begin);
            end = begin;
        }
    }

    [[nodiscard]] std::uint64_t of(std::size_t labels) const noexcept { return hashes_[labels]; }
    [[nodiscard]] std::size_t begin(std::size_t labels) const noexcept { return begins_[labels]; }

private:
    std::array<std::uint64_t, wire::Name::kLabelsMax + 1> hashes_;
    std::array<std::uint8_t, wire::Name::kLabelsMax + 1> begins_;
};

bool same_name(ByteView a, ByteView b) noexcept {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
}

/// A filter for hashes of names in the set. Most ancestors of names are not in the set themselves; the filter rejects
/// nearly all of them and fits the CPU cache.
class HashFilter {
public:
    explicit HashFilter(std::size_t names) {
        while (bits_ < kBitsMax && (std::size_t{1} << bits_) < 16 * names) ++bits_;
        words_.resize((std::size_t{1} << bits_) / 64);
    }
    void add(std::uint64_t hash) noexcept { words_[hash >> (70 - bits_)] |= std::uint64_t{1} << bit(hash); }
    [[nodiscard]] bool may_have(std::uint64_t hash) const noexcept {
        return (words_[hash >> (70 - bits_)] >> bit(hash) & 1) != 0;
    }

private:
    static constexpr unsigned kBitsMax = 26;  // 8 MiB
    [[nodiscard]] unsigned bit(std::uint64_t hash) const noexcept {
        return static_cast<unsigned>(hash >> (64 - bits_)) & 63;
    }
    unsigned bits_ = 10;
    std::vector<std::uint64_t> words_;
};

/// The names of the store, each once, with what holds there.
class Resolver {
public:
    Resolver(const EntryStore& store, const std::vector<std::uint32_t>& tag_now, SourceSetTable& source_sets)
        : store_(store), tag_now_(tag_now), source_sets_(source_sets), known_(store.items().size()) {
        const auto& items = store.items();
        for (std::size_t i = 0; i < items.size(); ++i) {
            const bool fresh = i == 0 || items[i].hash != items[i - 1].hash ||
                               !same_name(store.name(items[i]), store.name(items[i - 1]));
            if (!fresh) continue;
            nodes_.push_back({static_cast<std::uint32_t>(i)});
            hashes_.push_back(items[i].hash);
            known_.add(items[i].hash);
            label_counts_.add(items[i].labels);
        }
    }

    std::vector<ResolvedName> run() {
        for (const auto index : ancestors_first()) resolve(index);
        std::vector<ResolvedName> names;
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            const Node& node = nodes_[i];
            if (node.needless) continue;
            const Item& item = item_of(i);
            names.push_back({item.hash, store_.name(item), {node.own, node.stored_below}, item.labels});
        }
        return names;
    }

private:
    struct Node {
        std::uint32_t first = 0;  // index of its first item
        SourceSetId own = 0;
        SourceSetId below = 0;         // in effect
        SourceSetId stored_below = 0;  // as the file has it
        bool needless = false;         // changes nothing
    };

    [[nodiscard]] const Item& item_of(std::size_t node) const noexcept { return store_.items()[nodes_[node].first]; }

    /// Node indices by number of labels, and by hash within one number.
    [[nodiscard]] std::vector<std::uint32_t> ancestors_first() const {
        std::array<std::uint32_t, wire::Name::kLabelsMax + 2> starts{};
        for (std::size_t i = 0; i < nodes_.size(); ++i) ++starts[item_of(i).labels + std::size_t{1}];
        for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
        std::vector<std::uint32_t> order(nodes_.size());
        for (std::size_t i = 0; i < nodes_.size(); ++i)
            order[starts[item_of(i).labels]++] = static_cast<std::uint32_t>(i);
        return order;
    }

    void resolve(std::size_t index) {
        Node& node = nodes_[index];
        const auto inherited = inherited_by(item_of(index));
        statements_.clear();
        const std::size_t end = index + 1 < nodes_.size() ? nodes_[index + 1].first : store_.items().size();
        for (std::size_t i = node.first; i < end; ++i) statements_.push_back(statement(store_.items()[i]));
        std::sort(statements_.begin(), statements_.end());
        node.own = apply(inherited, MatchKind::Below);
        node.below = apply(inherited, MatchKind::Exact);
        node.needless = node.own == inherited && node.below == inherited;
        // Where the name inherits nothing, an empty source set is stored, which ends the lookup at once.
        node.stored_below = node.below == inherited && inherited != 0 ? format::kInherit : node.below;
    }

    /// Applies all statements except those of one kind.
    SourceSetId apply(SourceSetId inherited, MatchKind without) {
        some_.clear();
        for (const Statement& each : statements_)
            if (each.kind != without) some_.push_back(each);
        return source_sets_.apply(inherited, some_);
    }

    [[nodiscard]] Statement statement(const Item& item) const noexcept {
        if (item.exception) return {item.subject, 0, item.kind, true};
        const auto tag = tag_now_[item.subject];
        return {source_sets_.source_of(tag), tag, item.kind, false};
    }

    [[nodiscard]] SourceSetId inherited_by(const Item& item) const noexcept {
        const ByteView name = store_.name(item);
        if (item.labels == 1) return 0;
        const SuffixHashes suffixes(name, store_.secrets());
        for (std::size_t labels = item.labels - std::size_t{1}; labels != 0; --labels) {
            if (!label_counts_.has(labels) || !known_.may_have(suffixes.of(labels))) continue;
            const auto* ancestor = find(suffixes.of(labels), name.subspan(suffixes.begin(labels)));
            if (ancestor != nullptr) return ancestor->below;
        }
        return 0;
    }

    /// Hashes are distributed evenly, so the hash of a name gives its position to within a few steps.
    [[nodiscard]] const Node* find(std::uint64_t hash, ByteView name) const noexcept {
        std::size_t at = static_cast<std::size_t>(
            static_cast<std::uint64_t>((static_cast<detail::Product>(hash) * nodes_.size()) >> 64));
        while (at > 0 && hashes_[at - 1] >= hash) --at;
        while (at < nodes_.size() && hashes_[at] < hash) ++at;
        for (; at < nodes_.size() && hashes_[at] == hash; ++at)
            if (same_name(store_.name(item_of(at)), name)) return &nodes_[at];
        return nullptr;
    }

    const EntryStore& store_;
    const std::vector<std::uint32_t>& tag_now_;
    SourceSetTable& source_sets_;
    std::vector<Node> nodes_;
    std::vector<std::uint64_t> hashes_;  // hashes of the nodes; separate, so that find() reads adjacent memory
    HashFilter known_;
    format::LabelCounts label_counts_;
    std::vector<Statement> statements_;  // those of the present name
    std::vector<Statement> some_;
};

}  // namespace

bool EntryStore::add(const wire::Name& name, const Statement& statement) {
    const ByteView bytes = name.wire().first(name.wire().size() - 1);
    if (names_.size() + bytes.size() > std::numeric_limits<std::uint32_t>::max()) return false;
    const auto subject = statement.exception ? statement.source : statement.tag;
    items_.push_back({SuffixHashes(bytes, secrets_).of(name.labels()), static_cast<std::uint32_t>(names_.size()),
                      subject, static_cast<std::uint8_t>(bytes.size()), name.labels(), statement.kind,
                      statement.exception});
    names_.insert(names_.end(), bytes.begin(), bytes.end());
    return true;
}

void EntryStore::sort() {
    std::sort(items_.begin(), items_.end(), [this](const Item& a, const Item& b) {
        if (a.hash != b.hash) return a.hash < b.hash;
        if (a.size != b.size) return a.size < b.size;
        return std::memcmp(&names_[a.at], &names_[b.at], a.size) < 0;
    });
}

std::vector<ResolvedName> resolve(EntryStore& store, const std::vector<std::uint32_t>& tag_now,
                                  SourceSetTable& source_sets) {
    store.sort();
    return Resolver(store, tag_now, source_sets).run();
}

}  // namespace cenote::domainset
