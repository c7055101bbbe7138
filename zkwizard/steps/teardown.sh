# What a cluster leaves on a node: how it is found, and how it is taken away. Functions for programs, as those of
# runtime.sh. Every zk_left_... prints one finding a line, and nothing where there is none; it changes nothing.

zk_left_links() { # links of pod networks and what hangs on cni0; ZeroTier's are never among them
  for zk_l in /sys/class/net/*; do
    zk_l=${zk_l##*/}
    case $zk_l in
    zt*) ;;
    cni0 | flannel.[0-9]* | flannel-v6.[0-9]* | flannel-wg | flannel-wg-v6 | kube-ipvs0 | kube-bridge | \
      nodelocaldns | cilium_* | cali[0-9a-f]* | vxlan.calico) printf '%s\n' "$zk_l" ;;
    esac
  done
  for zk_l in /sys/class/net/cni0/brif/*; do
    [ ! -e "$zk_l" ] || printf '%s\n' "${zk_l##*/}"
  done
}

zk_links_out() { # delete them; what is no veth was put into cni0 by somebody, and is only taken out
  for zk_l in $(zk_left_links | sort -r); do
    [ -e "/sys/class/net/$zk_l" ] || continue
    if [ -e "/sys/class/net/$zk_l/brport" ] && ! ip -o link show type veth | grep -q "^[0-9]*: $zk_l[@:]"; then
      printf 'taken out of cni0, not deleted: %s\n' "$zk_l"
      ip link set dev "$zk_l" nomaster
    else
      ip link delete dev "$zk_l" || :
    fi
  done
}

zk_left_netns() { # network namespaces of pods, with a process that is in each, if there is one
  for zk_n in /run/netns/cni-*; do
    [ -e "$zk_n" ] || continue
    zk_n=${zk_n##*/}
    zk_p=$(ip netns pids "$zk_n" 2>/dev/null | head -n 1)
    printf '%s%s\n' "$zk_n" "${zk_p:+ $zk_p ($(cat "/proc/$zk_p/comm" 2>/dev/null))}"
  done
}

zk_left_mounts() { # what is mounted for pods, the deepest first, blanks in paths as the kernel writes them
  zk_k=$(readlink -f /var/lib/kubelet || echo /var/lib/kubelet)
  awk -v k="$zk_k/" '
    index($2, k) == 1 || index($2, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/") == 1 ||
    index($2, "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/") == 1 { print $2 }' /proc/self/mounts | sort -r
}

zk_unmount() { # path as the kernel writes it: now, or as soon as nobody uses it any more
  zk_m=$(printf %b "$(printf %s "$1" | sed 's/\\/\\0/g')")
  timeout 20 umount "$zk_m" 2>/dev/null && return 0
  timeout 20 umount -l "$zk_m" && printf 'in use: %s disappears when nobody uses it any more\n' "$zk_m"
}

zk_pod_processes() { # pid of every process of a pod, by its control group, and of every shim of Kubernetes
  grep -qs kubepods /proc/1/cgroup || grep -ls kubepods /proc/[0-9]*/cgroup 2>/dev/null | cut -d/ -f3
  grep -lsa 'containerd-shim' /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3 | while read -r zk_p; do
    case $(tr '\0' ' ' <"/proc/$zk_p/cmdline" 2>/dev/null) in
    *containerd-shim*" -namespace k8s.io "*) printf '%s\n' "$zk_p" ;;
    esac
  done
}

zk_left_processes() { # pid and name of what runs for a cluster
  {
    zk_pod_processes
    for zk_p in /proc/[0-9]*; do
      { read -r zk_c <"$zk_p/comm"; } 2>/dev/null || continue
      case $zk_c in
      kubelet | kube-apiserver | kube-controller | kube-scheduler | kube-proxy | flanneld) printf '%s\n' "${zk_p#/proc/}" ;;
      esac
    done
  } | sort -un | while read -r zk_p; do
    { read -r zk_c <"/proc/$zk_p/comm"; } 2>/dev/null || continue
    case $(sed 's/.*) //; s/ .*//' "/proc/$zk_p/stat" 2>/dev/null) in Z | '') ;; *) printf '%s %s\n' "$zk_p" "$zk_c" ;; esac
  done
}

zk_left_ports() { # ports of a cluster that somebody listens on, and who
  ss -Hlntup 2>/dev/null | awk '
    { n = split($5, a, ":"); p = $1 "/" a[n]; who = ""
      if (match($0, /\(\("[^"]*"/)) who = substr($0, RSTART + 3, RLENGTH - 4)
      if (p ~ /^tcp\/(6443|2379|2380|2381|10248|10249|10250|10256|10257|10259)$/ || p == "udp/8472") print p, who }' | sort -u
}

zk_left_containers() { # pods that the runtime still has
  ! command -v crictl >/dev/null || timeout 20 crictl pods -q 2>/dev/null || :
  ! command -v docker >/dev/null || timeout 20 docker ps -aq --filter name=^k8s_ 2>/dev/null || :
}

zk_left_routes() { # pod network: routes into it that name another node, or nowhere
  ip -4 route show root "$1" 2>/dev/null | awk '$0 !~ / proto kernel/ && (/ via / || $1 == "blackhole")' || :
}

zk_filters() { # the packet filters that are here; legacy ones only where their tables exist, as asking loads modules
  for zk_v in iptables ip6tables; do
    if command -v $zk_v-nft-save >/dev/null; then
      echo $zk_v-nft
      if [ -n "$(cat "/proc/net/${zk_v%tables}_tables_names" 2>/dev/null)" ] && command -v $zk_v-legacy-save >/dev/null; then
        echo $zk_v-legacy
      fi
    elif command -v $zk_v-save >/dev/null; then
      echo $zk_v
    fi
  done
}

zk_rules_of() { # pod network: from saved rules on stdin, what takes the cluster's out; the user's are not in it
  # A chain is declared again, which empties it, and deleted; rules of others go only where they lead to such a
  # chain, or where flannel wrote them into a common one. Words inside quotes are comments and the like.
  awk -v pods="$1" '
    function ours(name) { return name ~ /^((KUBE|CNI|FLANNEL|cali)-|(OLD_)?CILIUM_)/ }
    function leads(line, word, i, n) {
      gsub(/"([^"\\]|\\.)*"/, "_", line)
      n = split(line, word, " ")
      for (i = 3; i < n; i++) if ((word[i] == "-j" || word[i] == "-g") && ours(word[i + 1])) return 1
      return 0
    }
    function of_flannel(line, chain) { # the older ones put rules without a comment into common chains
      if (line ~ /--comment "flanneld (masq|forward)"/) return 1
      if (!old || line ~ /--comment/) return 0
      chain = substr(line, 4)
      sub(/ .*/, "", chain)
      line = substr(line, length(chain) + 5)
      sub(/ --random-fully$/, "", line)
      if (chain == "FORWARD") return line == "-s " pods " -j ACCEPT" || line == "-d " pods " -j ACCEPT"
      return chain == "POSTROUTING" && (line == "-s " pods " -d " pods " -j RETURN" ||
        line == "-s " pods " ! -d 224.0.0.0/4 -j MASQUERADE" || line == "! -s " pods " -d " pods " -j MASQUERADE" ||
        (index(line, "! -s " pods " -d ") == 1 && line ~ /\/24 -j RETURN$/))
    }
    { saved[++lines] = $0 }
    index($0, "-A POSTROUTING ! -s " pods " -d " pods " -j MASQUERADE") == 1 { old = 1 }
    END {
      for (l = 1; l <= lines; l++) {
        line = saved[l]
        if (line ~ /^\*/) { table = line; n = 0; out = "" }
        else if (line ~ /^:/) { name = substr(line, 2); sub(/ .*/, "", name); if (ours(name)) own[++n] = name }
        else if (line ~ /^-A /) {
          name = substr(line, 4)
          sub(/ .*/, "", name)
          if (!ours(name) && (leads(line) || of_flannel(line))) out = out "-D" substr(line, 3) "\n"
        } else if (line == "COMMIT" && (n || out != "")) {
          printf "%s\n%s", table, out
          for (i = 1; i <= n; i++) print ":" own[i] " - [0:0]"
          for (i = 1; i <= n; i++) print "-X " own[i]
          print line
        }
      }
    }'
}

zk_rules_out() { # filter, pod network: take the cluster's chains and rules out, all of them or none
  for zk_try in 1 2 3; do
    "$1-save" >"$ZK_DIR/$1.rules"
    zk_rules_of "$2" <"$ZK_DIR/$1.rules" >"$ZK_DIR/$1.out"
    [ -s "$ZK_DIR/$1.out" ] || return 0
    printf '%s: %s chains\n' "$1" "$(grep -c '^-X' "$ZK_DIR/$1.out" || :)"
    if "$1-restore" --noflush --test <"$ZK_DIR/$1.out" && "$1-restore" --noflush <"$ZK_DIR/$1.out"; then return 0; fi
    sleep 1
  done
  return 1
}

zk_left_chains() { # pod network: filter, table and name of the cluster's chains, and of common ones that lead there
  for zk_v in $(zk_filters); do
    timeout 20 $zk_v-save 2>/dev/null | zk_rules_of "$1" |
      awk -v v=$zk_v '/^\*/ { t = substr($0, 2) } /^-X / { print v, t, $2 } /^-D / { print v, t, $2 " (rule)" }' | sort -u
  done
}

zk_left_tables() { # nftables' own tables of kube-proxy, flannel and CNI plugins
  ! command -v nft >/dev/null || nft list tables 2>/dev/null |
    awk '$3 ~ /^(kube-proxy|flannel-ipv4|flannel-ipv6|cni_hostport|cni_plugins_masquerade)$/ { print $2, $3 }'
}

zk_left_sets() { # address sets of kube-proxy, Calico and Cilium
  ! command -v ipset >/dev/null || ipset list -n 2>/dev/null | grep -E '^(KUBE-|cali|cilium_)' || :
}

zk_virtual_services_out() { # IPVS: those alone whose address kube-proxy has put on its own link
  command -v ipvsadm >/dev/null && [ -e /sys/class/net/kube-ipvs0 ] || return 0
  for zk_a in $(ip -o addr show dev kube-ipvs0 | awk '{ sub(/\/.*/, "", $4); print $4 }'); do
    ipvsadm-save -n 2>/dev/null | awk -v a="$zk_a" '$1 == "-A" && (index($3, a ":") == 1 || index($3, "[" a "]:") == 1) {
      print $2, $3 }' | while read -r zk_f zk_s; do ipvsadm -D "$zk_f" "$zk_s"; done
  done
}

zk_left_files() { # path...: those that are there; of someone's own disk or link only what is in it counts
  for zk_f in "$@"; do
    if [ -d "$zk_f" ] && { [ -L "$zk_f" ] || mountpoint -q "$zk_f"; }; then
      [ -z "$(ls -A "$zk_f/")" ] || printf '%s\n' "$zk_f"
    elif [ -e "$zk_f" ] || [ -L "$zk_f" ]; then
      printf '%s\n' "$zk_f"
    fi
  done
}

zk_why_left() { # paths on stdin: each with the reason why it may still be there
  while read -r zk_f; do
    if command -v lsattr >/dev/null && lsattr -aR "$zk_f" 2>/dev/null | awk '$1 ~ /[ai]/ { f = 1 } END { exit !f }'; then
      printf 'immutable %s\n' "$zk_f"
    else
      printf 'ours %s\n' "$zk_f"
    fi
  done
}

zk_by_hand() { # files that other tools leave beside a cluster; no name tells whose cluster it was, so they stay
  for zk_f in /etc/crictl.yaml /usr/local/share/ca-certificates/*.crt /etc/pki/ca-trust/source/anchors/*; do
    case ${zk_f##*/} in crictl.yaml | kube-ca.* | kubernetes-ca.* | etcd-ca.*) ;; *) continue ;; esac
    [ ! -e "$zk_f" ] || [ -e "$ZK_HOME/receipts/wrote$zk_f" ] || printf '%s\n' "$zk_f"
  done
}

zk_foreign_cni() { # configurations of other networks than flannel's in the folder that the runtime watches
  for zk_f in /etc/cni/net.d/*; do
    [ -e "$zk_f" ] || continue
    case ${zk_f##*/} in *flannel*) ;; *) printf '%s\n' "$zk_f" ;; esac
  done
}

zk_left_cni() { # what belongs to flannel's network; the folder itself stays: containerd ends without it
  zk_left_files /etc/cni/net.d/*flannel*
  if [ -n "$(zk_foreign_cni)" ]; then
    zk_left_files /var/lib/cni/flannel /var/lib/cni/networks/cbr0 /var/lib/cni/results/cbr0-* /var/lib/cni/cache/results/cbr0-*
  else
    zk_left_files /var/lib/cni
  fi
  if [ -e /opt/cni/bin/flannel ] && ! { dpkg -S /opt/cni/bin/flannel || rpm -qf /opt/cni/bin/flannel; } >/dev/null 2>&1; then
    echo /opt/cni/bin/flannel
  fi
}

zk_left_cgroups() { # control groups of pods in which nothing runs any more
  for zk_g in /sys/fs/cgroup/kubepods.slice /sys/fs/cgroup/kubepods /sys/fs/cgroup/*/kubepods.slice /sys/fs/cgroup/*/kubepods; do
    [ ! -d "$zk_g" ] || printf '%s\n' "$zk_g"
  done
}

zk_remove() { # path...: delete, never beyond a mount or a link; what is immutable is made mutable first
  for zk_f in "$@"; do
    zk_t=$zk_f
    [ ! -L "$zk_f" ] || [ ! -d "$zk_f" ] || zk_t=$(readlink -f "$zk_f")
    if [ "$zk_t" != "$zk_f" ] || mountpoint -q "$zk_f"; then # someone's own disk: its content goes, the place stays
      zk_delete() { find "$zk_t" -xdev -mindepth 1 -delete; }
    else
      zk_delete() { rm -rf --one-file-system -- "$zk_f"; }
    fi
    zk_delete 2>/dev/null && continue
    ! command -v chattr >/dev/null || chattr -R -f -i -a "$zk_t" 2>/dev/null || :
    zk_delete || :
  done
}

zk_left_unit() { # unit: how it is enabled and active, where either is so
  command -v systemctl >/dev/null || return 0
  zk_e=$(systemctl is-enabled "$1" 2>/dev/null || :) zk_a=$(systemctl is-active "$1" 2>/dev/null || :)
  case $zk_e in enabled* | linked*) ;; *) zk_e= ;; esac
  case $zk_a in inactive | unknown | '') zk_a= ;; esac
  [ -z "$zk_e$zk_a" ] || printf '%s %s\n' "$1" "$(echo $zk_e $zk_a)"
}

zk_kubeconfigs() { # file..., --, host...: file, context, cluster and user of every entry whose server is one of the hosts
  zk_files=
  while [ "$#" -gt 0 ] && [ "$1" != -- ]; do zk_files="$zk_files $1"; shift; done
  shift
  zk_hosts=" $* "
  command -v kubectl >/dev/null || return 0
  for zk_f in $zk_files; do
    [ -f "$zk_f" ] || continue
    kubectl --kubeconfig "$zk_f" config view -o \
      'jsonpath={range .clusters[*]}{.name}{" "}{.cluster.server}{"\n"}{end}' 2>/dev/null | while read -r zk_name zk_server; do
      zk_h=${zk_server#https://}
      zk_h=${zk_h%%[:/]*}
      case $zk_hosts in *" $zk_h "*) printf '%s %s\n' "$zk_f" "$zk_name" ;; esac
    done
  done
}

zk_kubeconfig_out() { # file cluster: take out the cluster, the contexts that name it, and users nobody else uses
  zk_view() { kubectl --kubeconfig "$1" config view -o "jsonpath=$2"; }
  zk_now=$(zk_view "$1" '{.current-context}')
  zk_view "$1" '{range .contexts[*]}{.name}{" "}{.context.cluster}{" "}{.context.user}{"\n"}{end}' |
    while read -r zk_c zk_of zk_user; do
      [ "$zk_of" = "$2" ] || continue
      kubectl --kubeconfig "$1" config delete-context "$zk_c"
      [ "$zk_c" != "$zk_now" ] || kubectl --kubeconfig "$1" config unset current-context
      zk_view "$1" '{range .contexts[*]}{.context.user}{"\n"}{end}' | grep -qxF "$zk_user" ||
        kubectl --kubeconfig "$1" config delete-user "$zk_user"
    done
  kubectl --kubeconfig "$1" config delete-cluster "$2"
}

zk_left_profiles() { # home...: files of a login shell that name the administrator's kubeconfig
  for zk_h in "$@"; do
    grep -ls 'KUBECONFIG=/etc/kubernetes/' "$zk_h/.bash_profile" "$zk_h/.bashrc" "$zk_h/.profile" "$zk_h/.zshrc" || :
  done
}

zk_left_receipts() { # path of a package source...: what zkwizard wrote or noted and is not put back: mark, then its name
  zk_sources=" $* " zk_r=$ZK_HOME/receipts
  [ -d "$zk_r" ] || return 0
  find "$zk_r/wrote" -type f 2>/dev/null | while read -r zk_f; do
    zk_f=${zk_f#"$zk_r/wrote"} zk_m=changed
    zk_b=$(zk_own_blocks "$zk_f")
    if [ -z "$zk_b" ] && zk_is_restorable "$zk_f"; then zk_m=ours; fi
    for zk_name in $zk_b; do
      ! zk_is_block_ours "$zk_f" "$zk_name" || zk_m=ours
    done
    case $zk_m$zk_sources in ours*" $zk_f "*) zk_m=source ;; esac
    printf '%s %s\n' "$zk_m" "$zk_f"
  done
  find "$zk_r/state" -type f 2>/dev/null | while read -r zk_f; do
    zk_f=${zk_f#"$zk_r/state/"}
    case $zk_f in
    unit/zerotier-one.service) ;;
    hold/*) [ "$(cat "$zk_r/state/$zk_f")" = held ] || printf 'note %s\n' "$zk_f" ;;
    kept/*) printf 'kept %s\n' "$zk_f" ;;
    clock/* | firewalld/* | hostname/* | runtime/* | selinux/* | swap/* | swap-unit/* | sysctl/* | ufw/* | unit/*)
      printf 'note %s\n' "$zk_f" ;;
    esac
  done
}

zk_own_blocks() { # path: names of zkwizard's blocks in it
  [ ! -f "$1" ] || sed -n 's/^# BEGIN zkwizard \([a-z-]*\)$/\1/p' "$1"
}

zk_put_back_rest() { # path of a package source that stays...: what has a receipt that no step took back, by it alone
  zk_sources=" $* " zk_r=$ZK_HOME/receipts
  find "$zk_r/wrote" -type f 2>/dev/null | while read -r zk_f; do
    zk_f=${zk_f#"$zk_r/wrote"}
    case $zk_sources in *" $zk_f "*) continue ;; esac
    zk_b=$(zk_own_blocks "$zk_f")
    if [ -n "$zk_b" ]; then
      for zk_name in $zk_b; do zk_block_out "$zk_f" "$zk_name"; done
    else
      zk_restore "$zk_f"
    fi
  done
  for zk_f in "$zk_r"/state/sysctl/*; do
    [ -e "$zk_f" ] || continue
    sysctl -qw "${zk_f##*/}=$(cat "$zk_f")" || :
    rm -f "$zk_f"
  done
  for zk_f in "$zk_r"/state/unit/*; do
    [ -e "$zk_f" ] || continue
    [ "${zk_f##*/}" = zerotier-one.service ] || zk_unit_back "${zk_f##*/}" || :
  done
  for zk_f in "$zk_r"/state/key/*; do
    [ "${zk_f##*/}" = zerotier ] || rm -f "$zk_f"
  done
  ! command -v systemctl >/dev/null || systemctl daemon-reload
}

zk_holds_back() { # release packages that were not held before
  for zk_f in "$ZK_HOME"/receipts/state/hold/*; do
    [ -e "$zk_f" ] || continue
    [ "$(cat "$zk_f")" = held ] || [ -z "$(zk_deb_version "${zk_f##*/}")" ] || apt-mark unhold "${zk_f##*/}"
    rm -f "$zk_f"
  done
}

zk_left_settings() { # settings of kube-proxy and the kubelet that no receipt tells how they were before
  [ "$(cat /proc/sys/net/ipv4/conf/all/route_localnet 2>/dev/null)" != 1 ] ||
    [ -e "$ZK_HOME/receipts/state/sysctl/net.ipv4.conf.all.route_localnet" ] ||
    echo net.ipv4.conf.all.route_localnet=1
}

zk_left_packages() { # package...: version, held or not, and whether zkwizard installed it
  for zk_p in "$@"; do
    zk_v=$(zk_package_version "$zk_p" 2>/dev/null) || zk_v=
    case $zk_v in '' | *'not installed'*) continue ;; esac
    zk_m=$(zk_noted package "$zk_p" || :)
    if [ "$zk_m" = absent ]; then zk_m=ours; else zk_m=others; fi
    printf '%s %s %s\n' "$zk_m" "$zk_p" "$zk_v"
  done
}

zk_left_overlay() { # network: whether this node is in it, and who joined it
  command -v zerotier-cli >/dev/null || return 0
  zerotier-cli listnetworks 2>/dev/null | grep -q "^200 listnetworks $1 " || [ -e "/var/lib/zerotier-one/networks.d/$1.conf" ] ||
    return 0
  if zk_noted overlay "$1" >/dev/null; then echo "ours $1"; else echo "others $1"; fi
}
