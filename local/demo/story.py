"""A month of staff changes at the demo bank, told only through bus, bucket, callbacks and the admin API."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from local.cli.client import Row
from local.demo.checks import Handover
from local.demo.stage import DAY, HEAD_OFFICE, HOUR, MINUTE, Stage, titled
from local.demo.truth import Leaver

REFUSE_PERCENT = 4
APPROVAL_ABOVE = 65
OUTAGE = 10 * MINUTE
GROUP_OF_MANAGER = "wrDEMOGROUPOFTHEMANAGER000000001"
GREETING = "您好，您的客户经理因工作调整不再负责您的业务，今后由我为您服务，请多关照。"
CLOSE_REASON = "支行已逐位电话联系，客户选择由网点服务"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in the story, by userid in each branch, so that it is the same bank every time."""

    resigning: Row
    full: Row
    unheard: Row
    on_leave: Row
    cover: Row
    moving: Row
    sudden: Row
    in_roster: Row
    group_owner: Row

    @classmethod
    def choose(cls, members: Sequence[Row]) -> "Cast":
        rms = sorted((row for row in members if row["userid"].startswith("rm_")), key=lambda row: str(row["userid"]))
        by_branch: dict[int, list[Row]] = {}
        for row in rms:
            by_branch.setdefault(row["main_department"] // 1_000, []).append(row)
        first, second, third = (by_branch[number] for number in sorted(by_branch))
        return cls(
            resigning=first[0],
            full=first[3],
            unheard=second[0],
            on_leave=second[5],
            cover=second[6],
            moving=second[-1],
            sudden=third[0],
            in_roster=third[6],
            group_owner=next(row for row in members if row["userid"] == "mgr_jiang01"),
        )


@dataclass
class Story:
    """The acts, in order; each says what it does and leaves the bank at rest."""

    stage: Stage
    leavers: list[Leaver] = field(default_factory=list)

    def first_sync(self) -> Row:
        self.stage.say("总行操作员启动首次同步：读取通讯录、客户关系和客户群")
        self.cast = Cast.choose(self.stage.control.members())
        self._manager_owns_a_group()
        self.stage.as_operator(HEAD_OFFICE).start_sync()
        self.stage.rest()
        return self.stage.control.summary()

    def month(self) -> None:
        self.stage.control.script_decisions(refuse_percent=REFUSE_PERCENT, seed=7)
        self.stage.control.callback_policy({"duplicate_percent": 100, "reorder_seconds": 120})
        self._settings_and_roster()
        self._first_week()
        self._second_week()
        self._third_week()
        self._fourth_week()

    def _settings_and_roster(self) -> None:
        stage, head_office = self.stage, self.stage.as_operator(HEAD_OFFICE)
        stage.tell(f"总行设置：超过 {APPROVAL_ABOVE} 位客户的方案须复核，人工关闭案件须双人复核，并核准转接问候语")
        known = head_office.settings()
        greeting = {"node_id": "1", "text": GREETING, "approved_by": "hq_compliance"}
        wanted = {"approval_above": APPROVAL_ABOVE, "four_eyes": ["close"], "greetings": [greeting]}
        head_office.change_settings(known["version"], wanted)
        stage.tell("人事系统上传第一份人员名册")
        stage.roster_comes()
        stage.pass_time(2 * MINUTE)  # settings are in force within a minute

    def _first_week(self) -> None:
        stage, cast = self.stage, self.cast
        stage.tell(f"人事系统：{titled(cast.on_leave)} 休假两周，由 {titled(cast.cover)} 代管；不开案件，客户不转")
        leave = {"first_day": stage.day(0), "last_day": stage.day(13), "cover_userid": cast.cover["userid"]}
        stage.hr_says("StaffOnLeave", "hr-0001", cast.on_leave["userid"], **leave)
        stage.tell(f"人事系统：{titled(cast.moving)} 五天后调往其他分行，客户留在原分行")
        self._leaves(cast.moving)
        stage.hr_says("StaffTransferred", "hr-0002", cast.moving["userid"], effective_on=stage.day(5))
        self._approved(cast.moving)
        stage.pass_time(3 * DAY)

    def _second_week(self) -> None:
        stage, cast = self.stage, self.cast
        stage.tell(f"人事系统：{titled(cast.resigning)} 五天后离行，指定的 {titled(cast.full)} 客户快满了")
        self._leaves(cast.resigning)
        last_day = {"last_day": stage.day(5), "successor_userid": cast.full["userid"]}
        stage.hr_says("StaffDeparting", "hr-0003", cast.resigning["userid"], **last_day)
        self._approved(cast.resigning)
        stage.pass_time(DAY)
        stage.tell(f"{titled(cast.unheard)} 的账号被停用，人事系统尚未通知；企业微信的回调重复而且乱序")
        self._it_deletes(cast.unheard)
        stage.tell(f"人事系统补发 {titled(cast.unheard)} 离职，并且发了两次")
        for _ in range(2):
            stage.hr_says("StaffDeparted", "hr-0004", cast.unheard["userid"])
        self._approved(cast.unheard)
        stage.tell("人事系统发来一条缺少成员账号的事件")
        stage.hr_event("StaffDeparted", {"event_id": "hr-0005", "last_day": stage.day(0)})
        stage.pass_time(5 * DAY)
        stage.tell(f"{titled(cast.resigning)} 的最后工作日已过，账号停用")
        stage.control.delete_member(cast.resigning["userid"])
        stage.pass_time(HOUR)

    def _third_week(self) -> None:
        stage, cast = self.stage, self.cast
        stage.tell(f"人事系统：{titled(cast.sudden)} 今天离职，账号过几小时才停用，案件先等待")
        stage.hr_says("StaffDeparted", "hr-0006", cast.sudden["userid"])
        stage.pass_time(6 * HOUR)
        stage.tell("账号停用时企业微信中断十分钟，随后恢复")
        stage.control.start_outage(OUTAGE)
        self._it_deletes(cast.sudden)
        self._approved(cast.sudden)
        stage.pass_time(2 * DAY)
        stage.tell(f"人事系统：{titled(cast.on_leave)} 提前结束休假")
        stage.hr_says("StaffReturned", "hr-0007", cast.on_leave["userid"])
        stage.tell(f"当天的人员名册里 {titled(cast.in_roster)} 四天后离职，另有一行缺少账号")
        self._leaves(cast.in_roster)
        departing = {cast.in_roster["userid"]: {"status": "departing", "last_day": stage.day(4)}}
        gone = frozenset(leaver.userid for leaver in self.leavers) - {cast.moving["userid"], cast.in_roster["userid"]}
        stage.roster_comes(gone, departing, more=",无名,1011,客户经理,active,,,,,\r\n")
        self._approved(cast.in_roster)
        stage.pass_time(DAY)
        stage.tell(f"{titled(cast.group_owner)} 的账号被停用，他只有一个客户群；回调丢失，无人告知")
        self._leaves(cast.group_owner)
        stage.control.callback_policy({"lose_percent": 100})
        stage.control.delete_member(cast.group_owner["userid"])
        stage.pass_time(MINUTE)
        stage.control.callback_policy()
        stage.pass_time(3 * DAY)
        stage.tell("夜间核对已从企业微信的名单里发现无群主的群，开案并等人事确认一天后转给同事")

    def _fourth_week(self) -> None:
        stage, cast = self.stage, self.cast
        stage.control.delete_member(cast.in_roster["userid"])
        stage.pass_time(2 * DAY)
        for leaver in self.leavers:
            case = stage.open_case_of(leaver.userid)
            if case["state"] == "attention":
                self._settled_by_hand(case, leaver.name)
        stage.pass_time(DAY)
        stage.tell("月末：所有案件都已结束，每件都有交接证明")

    def _manager_owns_a_group(self) -> None:
        owner = self.cast.group_owner["userid"]
        joined = {"userid": owner, "type": 1, "join_time": 1_750_000_000, "join_scene": 1}
        group = {"chat_id": GROUP_OF_MANAGER, "name": "支行客户服务群", "owner": owner, "create_time": 1_750_000_000}
        self.stage.control.create_group({**group, "members": [joined]})

    def _leaves(self, member: Row) -> None:
        self.leavers.append(Leaver.now(self.stage.control, member["userid"]))

    def _it_deletes(self, member: Row) -> None:
        self._leaves(member)
        self.stage.control.delete_member(member["userid"])
        self.stage.pass_time(10 * MINUTE)

    def _approved(self, member: Row) -> None:
        """The branch looks at the plan and lets it start; a small one needs nobody."""
        case = self.stage.open_case_of(member["userid"])
        if case["state"] != "awaiting_approval":
            return
        operator = self.stage.operator_of(member)
        client = self.stage.as_operator(operator)
        plan = client.preview(case["case_id"])
        client.approve(case["case_id"], plan["checksum"])
        self.stage.tell(f"{operator} 预览 {titled(member)} 的方案：{case['customers']['total']} 位客户，复核通过")
        self.stage.rest()

    def _settled_by_hand(self, case: Row, name: str) -> None:
        """The branch closes what its people settled; head office confirms it."""
        branches = self.stage.departments_of_branches()
        operator = next(each for each, nodes in branches.items() if case["node_id"] in nodes)
        left = case["customers"]["by_state"].get("manual", 0)
        self.stage.tell(f"{operator} 处理完 {name} 的 {left} 位待人工客户，申请关闭案件；总行复核通过")
        answer = self.stage.as_operator(operator).close(case["case_id"], CLOSE_REASON)
        self.stage.as_operator(HEAD_OFFICE).confirm(answer["decision_id"])
        self.stage.rest()

    def handovers(self) -> list[Handover]:
        """What head office reads in the admin API, one per leaver."""
        head_office = self.stage.as_operator(HEAD_OFFICE)
        found = []
        for leaver in self.leavers:
            case_id = self.stage.open_case_of(leaver.userid)["case_id"]
            edges, groups = head_office.edges(case_id, 0), head_office.groups(case_id, 0)
            certificates = head_office.certificate(case_id, verify=True)["items"]
            case = head_office.case(case_id)["summary"]
            found.append(Handover(leaver, case, edges, groups, certificates))
        return found
