//! Counts and pages of queries.

use sqlservice_sdk::{prelude::*, session::PageKey};

use super::model::{Device, User, devices, names, open};
use crate::{Saw, unit_of_work::ok_or_error};

/// `count` and `exists` with filters, limits, groups and joins.
pub async fn query_count() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let users = || session.query::<User>();
    let mut saw = vec![format!("{} {}", users().count().await?, users().filter(User::AGE.gt(35)).count().await?)];
    saw.push(format!("{} {}", users().limit(3).count().await?, users().offset(3).limit(3).count().await?));
    let joined = || users().join_related(User::DEVICES);
    saw.push(format!("{} {}", joined().count().await?, joined().select(|select| select.distinct()).count().await?));
    saw.push(format!(
        "{} {}",
        users().order_by(User::NAME).with(User::DEVICES).count().await?,
        users().filter(User::ID.lt(0)).count().await?
    ));
    saw.push(format!("{} {}", users().exists().await?, users().filter(User::ID.lt(0)).exists().await?));
    let distinct = || users().select(|select| select.distinct());
    saw.push(format!("{} {}", distinct().exists().await?, users().offset(4).exists().await?));
    // Pending objects are flushed and counted.
    session.add(User { id: 9, name: "new".to_owned(), ..User::default() })?;
    saw.push(format!("{} {}", users().count().await?, users().filter(User::NAME.eq("new")).exists().await?));
    Ok(saw)
}

/// The pages of a query together are the whole result in its order, wherever nulls sort.
pub async fn query_pages() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut saw = Vec::new();
    let orders: [&dyn Fn() -> Vec<sqlservice_sdk::expression::Order>; 9] = [
        &Vec::new,
        &|| vec![User::NAME.asc()],
        &|| vec![User::NAME.desc()],
        &|| vec![User::AGE.asc()],
        &|| vec![User::AGE.desc()],
        &|| vec![User::AGE.asc().nulls_first(), User::NAME.desc()],
        &|| vec![User::AGE.desc().nulls_last()],
        &|| vec![lower(User::NAME).desc(), User::ID.desc()],
        &|| vec![length(User::NAME).asc(), User::ID.desc()],
    ];
    for order in orders {
        let (mut pages, mut next): (Vec<String>, Option<PageKey>) = (Vec::new(), None);
        loop {
            let page = session.query::<User>().order_by(order()).page(1, next.as_ref()).await?;
            pages.push(names(&page.items));
            // The page key as text, as it leaves the plugin and comes back.
            next = page.next.map(|next| next.to_string().parse()).transpose()?;
            if next.is_none() || pages.len() > 9 {
                break;
            }
        }
        saw.push(pages.join(" "));
    }
    Ok(saw)
}

/// Pages with loads, filters and joins; rows inserted and deleted before a page; refused queries.
pub async fn query_page() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let query = || session.query::<User>().order_by(User::NAME);
    let page = query().with(User::DEVICES).page(3, None).await?;
    let mut saw =
        vec![page.items.iter().map(|user| format!("{} {}", user.name, devices(user))).collect::<Vec<_>>().join(", ")];
    let next = page.next.ok_or(Error::NoResult)?;
    session.execute(&insert::<User>().values(&[User { id: 7, name: "aa".to_owned(), ..User::default() }])).await?;
    let last = query().with(User::DEVICES).page(3, Some(&next)).await?;
    saw.push(format!("{} {}", names(&last.items), last.next.is_none()));
    let exact = query().page(5, None).await?;
    saw.push(format!("{} {}", exact.items.len(), exact.next.is_none()));
    let phones = session.query::<User>().join_related(User::DEVICES).order_by(Device::RANK.desc());
    let page = phones.page(2, None).await?;
    saw.push(format!("{} {}", names(&page.items), page.next.is_some()));
    let other = session.query::<User>().order_by((User::AGE, User::NAME)).page(2, Some(&next)).await;
    saw.push(ok_or_error(other));
    saw.push(ok_or_error(query().page(0, None).await));
    saw.push(ok_or_error(query().limit(3).page(2, None).await));
    saw.push(ok_or_error(query().select(|select| select.group_by(User::ID)).page(2, None).await));
    saw.push(ok_or_error("i1.zz".parse::<PageKey>()));
    Ok(saw)
}
