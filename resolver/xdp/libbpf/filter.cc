// SPDX-License-Identifier: Apache-2.0
#include "resolver/xdp/filter.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include <algorithm>
#include <cerrno>

#include "resolver/base/fd.h"
#include "resolver/xdp/filter_object.h"

namespace cenote::xdp {
namespace {

// As in filter.bpf.c.
struct Place {
    std::array<std::uint8_t, 16> address;
    std::uint16_t port;  // in network order
    std::uint16_t zero = 0;

    friend auto operator<=>(const Place&, const Place&) = default;
};
struct MacValue {
    Mac octets;
    std::uint16_t zero = 0;
};
constexpr std::uint32_t kKinds = 2;  // redirected, passed

struct ObjectCloser {
    void operator()(bpf_object* object) const noexcept { bpf_object__close(object); }
};

std::vector<Place> places_of(const std::vector<SocketAddress>& listen, const std::vector<IpAddress>& own) {
    std::vector<Place> places;
    for (const SocketAddress& address : listen) places.push_back({address.ip.octets(), htons(address.port)});
    for (const IpAddress& ip : own) places.push_back({ip.octets(), 0});
    std::ranges::sort(places);
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
}

int errno_of(int result) noexcept { return result < 0 ? -result : 0; }

}  // namespace

struct Filter::State {
    [[nodiscard]] int update(int map, const void* key, const void* value) const noexcept {
        return errno_of(bpf_map_update_elem(map, key, value, BPF_ANY));
    }

    std::unique_ptr<bpf_object, ObjectCloser> object;
    int program = -1;
    int sockets = -1;
    int places = -1;
    int own_mac = -1;
    int counts = -1;
    std::size_t processors = 1;
    UniqueFd link;
    std::vector<Place> in_force;  // sorted
};

bool is_built() noexcept { return true; }

Filter::Filter(std::unique_ptr<State> state) : state_(std::move(state)) {}
Filter::~Filter() = default;

Result<std::unique_ptr<Filter>, int> Filter::load(std::uint32_t queues) {
    libbpf_set_print(nullptr);
    auto state = std::make_unique<State>();
    const ByteView bytes = filter_object();
    state->object.reset(bpf_object__open_mem(bytes.data(), bytes.size(), nullptr));
    if (state->object == nullptr) return errno;
    bpf_object* const object = state->object.get();
    bpf_map* const sockets = bpf_object__find_map_by_name(object, "sockets");
    bpf_map* const counts = bpf_object__find_map_by_name(object, "counts");
    if (sockets == nullptr || counts == nullptr) return EINVAL;
    bpf_map__set_max_entries(sockets, queues);
    bpf_map__set_max_entries(counts, queues * kKinds);
    if (const int failed = bpf_object__load(object); failed != 0) return -failed;
    state->program = bpf_program__fd(bpf_object__find_program_by_name(object, "take_queries"));
    state->sockets = bpf_map__fd(sockets);
    state->counts = bpf_map__fd(counts);
    state->places = bpf_object__find_map_fd_by_name(object, "places");
    state->own_mac = bpf_object__find_map_fd_by_name(object, "own_mac");
    if (state->program < 0 || state->places < 0 || state->own_mac < 0) return EINVAL;
    state->processors = static_cast<std::size_t>(std::max(1, libbpf_num_possible_cpus()));
    return std::unique_ptr<Filter>(new Filter(std::move(state)));
}

int Filter::attach(unsigned interface, Hook hook) noexcept {
    bpf_link_create_opts options{};
    options.sz = sizeof options;
    options.flags = hook == Hook::Driver ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
    const int link = bpf_link_create(state_->program, static_cast<int>(interface), BPF_XDP, &options);
    if (link < 0) return -link;
    state_->link.reset(link);
    return 0;
}

void Filter::detach() noexcept { state_->link.reset(); }

int Filter::set_socket(std::uint32_t queue, int fd) noexcept { return state_->update(state_->sockets, &queue, &fd); }

int Filter::set_mac(const Mac& mac) noexcept {
    const std::uint32_t first = 0;
    const MacValue value{mac};
    return state_->update(state_->own_mac, &first, &value);
}

int Filter::set_places(const std::vector<SocketAddress>& listen, const std::vector<IpAddress>& own) {
    const std::vector<Place> wanted = places_of(listen, own);
    const std::uint8_t present = 1;
    std::vector<Place> now;
    int failed = 0;
    for (const Place& place : wanted) {
        const bool known = std::ranges::binary_search(state_->in_force, place);
        const int result = known ? 0 : state_->update(state_->places, &place, &present);
        if (result == 0)
            now.push_back(place);
        else
            failed = result;
    }
    for (const Place& place : state_->in_force)
        if (!std::ranges::binary_search(wanted, place) && bpf_map_delete_elem(state_->places, &place) != 0)
            now.push_back(place);
    std::ranges::sort(now);
    state_->in_force = std::move(now);
    return failed;
}

FilterCounts Filter::counts(std::uint32_t queue) const {
    std::vector<std::uint64_t> of_processors(state_->processors);
    const auto sum_of = [&](std::uint32_t kind) {
        const std::uint32_t key = queue * kKinds + kind;
        std::uint64_t sum = 0;
        if (bpf_map_lookup_elem(state_->counts, &key, of_processors.data()) == 0)
            for (const std::uint64_t count : of_processors) sum += count;
        return sum;
    };
    return {.redirected = sum_of(0), .passed = sum_of(1)};
}

int Filter::program() const noexcept { return state_->program; }

}  // namespace cenote::xdp
