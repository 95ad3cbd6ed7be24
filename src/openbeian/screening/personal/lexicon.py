"""Words that rules about names and addresses lean on: surnames, labels, titles, provinces."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# The frequent surnames, without those that are mostly words of the language (应, 和, 都, 时 ...).
SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石"
    "廖赖贾夏韦付傅方白邹孟熊秦邱丘江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁"
    "岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷曲盛冉翁蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳穆农"
    "司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查"
    "麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储芮羊满戈揭危"
)
# Surnames that are rather words where nothing but the place in the sentence speaks for a name.
_AMBIGUOUS: Final = frozenset("应和全师明单成解商官封谈乐南满危管车项连路游阳农司古简党费冷席卫边荣房向")
PLAIN_SURNAMES: Final = "".join(char for char in SURNAMES if char not in _AMBIGUOUS)
DOUBLE_SURNAMES: Final = _words(
    "欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 端木 南宫 西门 独孤 轩辕 宇文 长孙 百里 呼延 东郭 澹台 申屠 闻人 "
    "赫连 钟离 淳于 单于 太史 濮阳 公冶 宗政 万俟 闾丘 司空 拓跋 完颜 纳兰 叶赫 爱新 第五"
)
# Characters of grammar, which hardly stand in a given name.
NO_GIVEN: Final = (
    "的了是在我有就不这那个下来去说要会着没看好自己么之与及等你他她它吗呢吧啊为所以从到把被让给对于或者而但都也还很最更再又已将才可应该何什"
    "哪谁每各某本其此先女男老们号您请电话手机签收联系住址和同跟员性地点级位名人时后前里期类种用做做家长出入投资业务续项副总省市县"
)
# Words that begin like a name.
NO_NAMES: Final = _words(
    "曾经 房间 房子 方便 方式 方法 方面 商量 凌晨 单身 危险 谢谢 高校 高兴 高级 高大 周围 周末 关系 关于 关键 康复 麻醉 连续 任何 万一 "
    "万分 金融 黄金 常见 常常 常用 平时 平均 平安 时间 明白 明天 安全 安排 温度 温馨 石油 宁可 尤其 余额 全部 全国 向来 水平 白天 毛病 "
    "单位 程序 项目 经常 路上 成功 管理 和谐 武汉 江西 江苏 安徽 韩国 温州 宁波 宁夏 常州 贺州 郑州 徐州 柳州 梅州 惠州 万州 连云 石家 "
    "于是 于此 华为 华人 计划 计算 从小 从来 何时 何必 何况 陆续 强调 洪水 汤姆 谈话 解决 解释 应用 应急 应当 应该 包括 包装 包含 左右 "
    "符合 支持 支付 严重 严格 牛奶 牛肉 马上 马路 钱包 花费 花园 谷歌 云南 海南 "
)
# What may stand before a name, with a mark between or none: words of forms, and roles, which are frequent without a name.
LABELS: Final = _words(
    "姓名 名字 联系人 收件人 收货人 寄件人 发件人 经办人 申请人 持有人 持卡人 开户人 户名 车主 机主 投保人 被保险人 受益人 "
    "法定代表人 法人代表 委托人 代理人 签收人 联络人 监护人 证人 我叫 叫做 乘车人 入住人 预订人 开票人 收款人 付款人 汇款人"
)
ROLES: Final = _words(
    "学生 患者 客户 用户 员工 家属 病人 同事 朋友 快递员 骑手 司机 顾问 业主 乘客 旅客 房东 租客 被告人 被告 原告 负责人 当事人 本人 我是 名叫"
)
MARKS: Final = ":是为叫,、 "  # what stands between a label and a name
TITLES: Final = _words("先生 女士 小姐 老师 医生 大夫 教授 同学 师傅 律师 护士 阿姨 叔叔 经理 主任 警官 同志")
PROVINCES: Final = _words(
    "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 "
    "内蒙古 广西 西藏 宁夏 新疆 香港 澳门"
)
